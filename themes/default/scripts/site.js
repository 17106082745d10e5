// Small conveniences; every page is whole without them.
import { filterTables } from './filter.js';

filterTables(document);
