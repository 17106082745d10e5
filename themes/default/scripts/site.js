// Small conveniences; every page is whole without them.
import { markEarlierEdition } from './edition.js';
import { filterTables } from './filter.js';
import { hidePassedNotices } from './notices.js';
import { reportRows } from './report-rows.js';
import { sortTables } from './sort.js';

filterTables(document);
sortTables(document);
markEarlierEdition(document);
hidePassedNotices(document);
reportRows(document);
