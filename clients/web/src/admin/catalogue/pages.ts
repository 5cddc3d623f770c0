/** The pages for the nouns of the catalogue, which load together. */

export { CategoriesPage } from "./categories";
export { GenresPage } from "./genres";
export { PeoplePage } from "./people";
