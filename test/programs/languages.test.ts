import { describePrograms } from '../support/program-set.js';

describePrograms('languages');
