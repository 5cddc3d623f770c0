/** `/my-list`: the films of the viewer's watchlist, newest first. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { FilmList } from "../catalogue/film-list";
import { itemsOf, watchlistQuery } from "../catalogue/queries";
import { useLanguage } from "../i18n/language";
import { useTitle } from "../lib/use-title";
import { AccountOnly } from "../site/account-only";
import { ButtonLink } from "../ui/button";
import { BookmarkIcon } from "../ui/icons";
import { Notice } from "../ui/notice";

export default function MyListPage() {
  const { t } = useLanguage();
  useTitle(t.nav.myList);
  return <AccountOnly>{() => <MyList />}</AccountOnly>;
}

function MyList() {
  const { t } = useLanguage();
  const list = useInfiniteQuery(watchlistQuery);
  return (
    <div className="page-width">
      <h1 className="mt-2 mb-6 text-2xl font-bold sm:mt-4 sm:text-3xl">{t.nav.myList}</h1>
      <FilmList
        list={list}
        films={itemsOf(list.data).map(({ film }) => film)}
        empty={
          <Notice
            heading="h2"
            icon={<BookmarkIcon className="size-10" />}
            title={t.lists.myListEmpty}
            text={t.lists.myListEmptyText}
          >
            <ButtonLink to="/films" kind="primary">
              {t.lists.browse}
            </ButtonLink>
          </Notice>
        }
      />
    </div>
  );
}
