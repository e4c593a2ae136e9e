import { expect, test } from '@jest/globals';
import { newBookBody, searchQuery } from '../../../lib/http/schemas.js';
import { listTopics, searchByTopic } from '../../../lib/store/list-books.js';
import { create } from '../../support/books/books.js';
import { openStage } from '../../support/stages/open.js';

const stage = await openStage();

const topics: readonly string[] = [
  'Straßenkunst',
  'İstanbul ve ışık',
  'Ὀδυσσεύς καὶ ᾍδης ᾷ',
  'Русская проза: Ёлка',
  'Հայ գրականություն և',
  'ქართული',
  'ᏣᎳᎩ',
  'עִבְרִית',
  'الأدب العربيّ',
  'فارسی می\u200cخواهم',
  'हिन्दी क\u094dष',
  'বাংলা',
  'தமிழ்',
  'ไทย น้ำ',
  'မြန်မာ',
  'ខ្មែរ',
  'བོད་ཡིག',
  'አማርኛ',
  '한국어 문학',
  '日本語 が',
  '紅樓夢',
  '𐐔𐐯𐑅𐐨𐑉𐐯𐐻',
  '𞤀𞤁𞤂𞤢𞤥',
  'Tiếng Việt',
  'ﬃnity',
  'Ŭǰŉ',
  'C++ & R&B / 100%',
  '👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣',
  'ᾷ'.repeat(100),
  'ﬃ'.repeat(100),
  '😀'.repeat(100),
].map((topic) => newBookBody.shape.topic.parse(topic));

test('a topic is found in any script, as it is listed, in capitals, in small letters and in NFD', async () => {
  const front = stage.front();
  for (const topic of topics) await create(front, stage.nextId('us-east-1'), { topic });
  await stage.post.settle();
  const listed = await listTopics(front, { limit: 100, after: '' });
  expect(listed.topics).toHaveLength(topics.length);

  for (const topic of [...topics, ...listed.topics]) {
    const found = await idsFound(topic);
    expect(found).toHaveLength(1);
    for (const spelling of [topic.toUpperCase(), topic.toLowerCase(), topic.normalize('NFD')]) {
      expect({ spelling, found: await idsFound(spelling) }).toEqual({ spelling, found });
    }
  }

  async function idsFound(spelling: string): Promise<number[]> {
    const { topic = '' } = searchQuery.parse({ topic: spelling });
    const { books } = await searchByTopic(front, topic, { limit: 100, after: '0' });
    return books.map(({ id }) => id);
  }
});
