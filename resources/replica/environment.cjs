// What both services share (config.yml), and the topic that only a replica has.

module.exports = async ({ resolveVariable }) => ({
  ...(await resolveVariable('self:custom.config.environment')),
  CHANGES_TOPIC_ARN: { Ref: 'ChangesTopic' },
});
