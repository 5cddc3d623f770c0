/** An image of the catalogue, in the narrowest of its widths that is sharp on this screen. */
import type { Image } from "@nang/api-client";
import { useRef } from "react";
import { useNear } from "../lib/use-near";

interface CatalogueImageProps {
  image: Image;
  sizes: string;
  /** Empty where a text beside the image says the same. */
  alt?: string;
  /** Loads at once and before others; other images load when they come near the screen. */
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
  const element = useRef<HTMLImageElement>(null);
  const isShown = useNear(element, image.id, isUrgent);
  return (
    <img
      ref={element}
      {...(isShown && { src: imageUrl(image), srcSet: srcSetOf(image), sizes })}
      width={image.width}
      height={image.height}
      alt={alt}
      fetchPriority={isUrgent ? "high" : "auto"}
      decoding="async"
      style={{ backgroundColor: image.placeholder_colour, ...focusStyle(image.focus) }}
      className={className}
    />
  );
}

function srcSetOf({ id, widths }: Image): string {
  return widths.map((width) => `/api/images/${id}/${width}.webp ${width}w`).join(", ");
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
