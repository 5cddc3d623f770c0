/** A category of the editors: its first films, and a link to all of them. */
import type { Category } from "@nang/api-client";
import { Link } from "@tanstack/react-router";
import { FilmCard } from "../../catalogue/film-card";
import { FilmRow, FilmRowItem } from "../../catalogue/film-row";
import { IMAGE_SIZES } from "../../catalogue/image-sizes";
import { MORE_LINK } from "../../catalogue/more-link";
import { textOf, titleOf, useLanguage } from "../../i18n/language";

export function CategoryRow({ category }: { category: Category }) {
  const { t, language } = useLanguage();
  const name = titleOf(category.names, language, "");
  const description = textOf(category.descriptions, language);
  return (
    <FilmRow
      title={<span lang={name.lang}>{name.text}</span>}
      text={
        description && (
          <p lang={description.lang} className="text-sm text-muted">
            {description.text}
          </p>
        )
      }
      more={
        <Link
          to="/shelves/$category"
          params={{ category: category.slug }}
          className={MORE_LINK}
          aria-label={t.home.allOf(name.text)}
        >
          {t.home.all}
        </Link>
      }
    >
      {category.films.map((film) => (
        <FilmRowItem key={film.id}>
          <FilmCard film={film} sizes={IMAGE_SIZES.row} />
        </FilmRowItem>
      ))}
    </FilmRow>
  );
}
