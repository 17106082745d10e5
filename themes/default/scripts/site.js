// Small conveniences; every page is whole without them.
import { filterTables } from './filter.js';
import { sortTables } from './sort.js';

filterTables(document);
sortTables(document);
