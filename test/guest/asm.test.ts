import { describeGuests } from '../support/guest.js';

describeGuests('asm');
