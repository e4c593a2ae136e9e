/** A topic as it is kept: outer spaces removed, doubled ones folded. */
export const tidyTopic = (topic: string): string =>
  topic.normalize('NFC').trim().replaceAll(/\s+/gu, ' ');

/** What two spellings of one topic have in common: neither case nor spaces tell them apart. */
export const topicKey = (topic: string): string => tidyTopic(topic).toLowerCase().normalize('NFC');
