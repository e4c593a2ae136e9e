// How long `publish` and `index-words` try to get a record of a stream through before it goes on behind it.

const { readTopology } = require('../sites.cjs');

// An emulator bisects no batch and counts no attempts: there only the age, of which this is the
// least allowed, ends the wait behind a record that cannot be dealt with.
const mostRecordAgeSeconds = async (serverless) =>
  (await readTopology(serverless)).isEmulated ? 60 : 3600;

module.exports = { mostRecordAgeSeconds };
