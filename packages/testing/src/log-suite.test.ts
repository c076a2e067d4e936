import { MemoryLog } from '@ionosphere/core';
import { logSuite } from './index';

logSuite('the log in memory', (bounds) => new MemoryLog(bounds));
