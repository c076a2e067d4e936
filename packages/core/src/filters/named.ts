import type { Filter } from './filter';
import type { FilterName } from '../settings/class-names';
import { XSSHtmlFilter } from './xss-html-filter';

/** The filters that a setting can name. They hold nothing, so all broadcasters share them. */
export const namedFilters: Readonly<Record<FilterName, Filter>> = {
  XSSHtmlFilter: new XSSHtmlFilter(),
};
