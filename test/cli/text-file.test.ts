import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findEncoding, readText } from '../../cli/import/text-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bazar-text-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(...parts: (string | Buffer)[]): Promise<string> {
  const path = join(folder, crypto.randomUUID());
  await writeFile(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
  return path;
}

async function read(path: string, given?: string): Promise<[string, string]> {
  const encoding = await findEncoding(path, given);
  let text = '';
  for await (const part of readText(path, encoding)) text += part;
  return [encoding, text];
}

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const table = 'id,title\n1,Été à Œuvre, “Straße”\n';
/** The same in Windows-1252. */
const western = Buffer.concat([
  Buffer.from('id,title\n1,Été à ', 'latin1'),
  Buffer.from([0x8c]),
  Buffer.from('uvre, ', 'latin1'),
  Buffer.from([0x93]),
  Buffer.from('Straße', 'latin1'),
  Buffer.from([0x94, 0x0a]),
]);

describe('an encoding', () => {
  test.each([
    ['UTF-8', [table], 'utf-8'],
    ['UTF-8 with a mark', ['\uFEFF', table], 'utf-8'],
    [
      'UTF-16, little end first, with a mark',
      [Buffer.from(`\uFEFF${table}`, 'utf16le')],
      'utf-16le',
    ],
    ['UTF-16, big end first, with a mark', [utf16be(`\uFEFF${table}`)], 'utf-16be'],
    ['UTF-16, little end first', [Buffer.from(table, 'utf16le')], 'utf-16le'],
    ['UTF-16, big end first', [utf16be(table)], 'utf-16be'],
    ['Windows-1252', [western], 'windows-1252'],
  ])('is found: %s', async (_name, parts, encoding) => {
    expect(await read(await fileOf(...parts))).toEqual([encoding, table]);
  });

  test('is found whatever its parts: a file that is longer than one', async () => {
    const long = table.repeat(5000);
    expect(await read(await fileOf(long))).toEqual(['utf-8', long]);
    const manyTimes = Array.from({ length: 5000 }, () => western);
    expect(await read(await fileOf(...manyTimes))).toEqual(['windows-1252', long]);
  });

  test('is as it was given, but for what a byte order mark says', async () => {
    const cyrillic = Buffer.from([0xc2, 0xee, 0xe9, 0xed, 0xe0]);
    expect(await read(await fileOf(cyrillic), 'windows-1251')).toEqual(['windows-1251', 'Война']);
    expect(await read(await fileOf('\uFEFF', table), 'windows-1252')).toEqual(['utf-8', table]);
  });

  test('is UTF-8 where single bytes are not, and where they are replacements already', async () => {
    const broken = await fileOf('é, ü, ', Buffer.from([0xe9]), ', ö');
    expect(await read(broken)).toEqual(['utf-8', 'é, ü, \uFFFD, ö']);
    const replaced = 'nothing but \uFFFD is beyond ASCII';
    expect(await read(await fileOf(replaced))).toEqual(['utf-8', replaced]);
  });

  test.each([
    ['Cyrillic', [0xc2, 0xee, 0xe9, 0xed, 0xe0]],
    ['Polish', [0x4b, 0x73, 0x69, 0xb9, 0xbf, 0x6b, 0x61]],
    ['Japanese', [0x8c, 0xe1, 0x94, 0x79, 0x82, 0xcd, 0x94, 0x4c, 0x82, 0xc5, 0x81, 0x42]],
    ['bytes that stand for nothing', [0x41, 0x81, 0x42]],
    ['no text', Array.from({ length: 4096 }, (_, at) => (at * 7919) % 256)],
  ])('is not guessed: %s', async (_name, bytes) => {
    const path = await fileOf('id,title\n\n1,', Buffer.from(bytes), '\n');
    await expect(findEncoding(path)).rejects.toThrow(/see line \d+\); say with --encoding/);
  });
});
