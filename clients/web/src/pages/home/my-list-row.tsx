import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FilmCard } from "../../catalogue/film-card";
import { FilmRow, FilmRowItem } from "../../catalogue/film-row";
import { IMAGE_SIZES } from "../../catalogue/image-sizes";
import { MORE_LINK } from "../../catalogue/more-link";
import { itemsOf, watchlistQuery } from "../../catalogue/queries";
import { useLanguage } from "../../i18n/language";

const SHOWN = 12;

export function MyListRow() {
  const { t } = useLanguage();
  const { data } = useInfiniteQuery(watchlistQuery);
  const items = itemsOf(data).slice(0, SHOWN);
  return items.length === 0 ? null : (
    <FilmRow
      title={t.home.myList}
      more={
        <Link to="/my-list" className={MORE_LINK} aria-label={t.home.allOf(t.home.myList)}>
          {t.home.all}
        </Link>
      }
    >
      {items.map(({ film }) => (
        <FilmRowItem key={film.id}>
          <FilmCard film={film} sizes={IMAGE_SIZES.row} />
        </FilmRowItem>
      ))}
    </FilmRow>
  );
}
