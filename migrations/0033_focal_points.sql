-- The point of an image that stays in sight where a page cuts the image to another shape.

ALTER TABLE images
    -- In thousandths of the width from the left and of the height from the top. Null: the centre.
    ADD COLUMN focus_x smallint NULL CONSTRAINT images_focus_x_within CHECK (focus_x BETWEEN 0 AND 1000),
    ADD COLUMN focus_y smallint NULL CONSTRAINT images_focus_y_within CHECK (focus_y BETWEEN 0 AND 1000),
    ADD CONSTRAINT images_focus_whole CHECK ((focus_x IS NULL) = (focus_y IS NULL));

-- The public facts of an image. Copies that lists read get the focal point when it is set; without one they need none.
CREATE OR REPLACE FUNCTION image_facts(image images) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT jsonb_build_object('id', image.id, 'kind', image.kind, 'width', image.width, 'height', image.height,
                              'widths', image.widths, 'placeholder_colour', image.placeholder_colour,
                              'focus', CASE WHEN image.focus_x IS NOT NULL
                                            THEN jsonb_build_object('x', image.focus_x, 'y', image.focus_y) END)
$$;
