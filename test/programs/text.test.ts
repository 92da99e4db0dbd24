import { describePrograms } from '../support/program-set.js';

describePrograms('text');
