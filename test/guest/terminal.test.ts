import { describeGuests } from '../support/guest.js';

describeGuests('behaviour/terminal');
