/** An image of the catalogue, in the narrowest of its widths that is sharp on this screen. */
import type { Image } from "@nang/api-client";

interface CatalogueImageProps {
  image: Image;
  sizes: string;
  /** Empty where a text beside the image says the same. */
  alt?: string;
  isUrgent?: boolean;
  className?: string;
}

export function CatalogueImage({
  image,
  sizes,
  alt = "",
  isUrgent = false,
  className = "",
}: CatalogueImageProps) {
  return (
    <img
      src={imageUrl(image)}
      srcSet={image.widths.map((width) => `/api/images/${image.id}/${width}.webp ${width}w`).join(", ")}
      sizes={sizes}
      width={image.width}
      height={image.height}
      alt={alt}
      loading={isUrgent ? "eager" : "lazy"}
      fetchPriority={isUrgent ? "high" : "auto"}
      decoding="async"
      style={{ backgroundColor: image.placeholder_colour, ...focusStyle(image.focus) }}
      className={className}
    />
  );
}

/** Keeps the focal point in sight where `object-fit: cover` cuts the image. Without one, the place's own position holds. */
export function focusStyle(focus: Image["focus"]): { objectPosition?: string } {
  return focus ? { objectPosition: `${focus.x * 100}% ${focus.y * 100}%` } : {};
}

/** For browsers without `srcset`, and for places that take one address: the narrowest width of at least `minWidth`. */
export function imageUrl(image: Image, minWidth = 480): string {
  const width = image.widths.find((candidate) => candidate >= minWidth) ?? image.widths.at(-1) ?? image.width;
  return `/api/images/${image.id}/${width}.webp`;
}
