/** The pages for the nouns of the catalogue, which load together. */
export { GenresPage } from "./genres";
export { PeoplePage } from "./people";
export { ShelvesPage } from "./shelves";
