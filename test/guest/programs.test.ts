import { describeGuests } from '../support/guest.js';

describeGuests('programs');
