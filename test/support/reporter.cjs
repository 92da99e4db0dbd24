// mocha's spec reporter, which also leaves the counts and a line for each failure in the file that TEST_COUNTS names: `.ci/run` reads them.
'use strict';
const { writeFileSync } = require('node:fs');
const { reporters, Runner } = require('mocha');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.TEST_COUNTS;
    if (file === undefined) return;
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const failures = this.failures.map((test) => `${test.titlePath().join(' > ')}: ${firstLine(test.err)}`);
      writeFileSync(file, [`${this.stats.passes} ${this.stats.failures}`, ...failures, ''].join('\n'));
    });
  }
};

function firstLine(error) {
  return String(error?.message).split('\n')[0].slice(0, 200);
}
