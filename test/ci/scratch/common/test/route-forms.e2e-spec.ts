import { createAdapter } from './support/platform.js';
import { describeRouteForms } from './support/route-forms.js';

describe('every route is decided by its own declaration:', () => {
  describeRouteForms(createAdapter);
});
