import { describePrograms } from '../support/program-set.js';

describePrograms('development');
