/** Text files as people have them: streamed, in an encoding that is known or that their bytes give away. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import * as z from 'zod';

/** A file that can't be used at all; nothing of it should be. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError';
}

/** What a decoder puts in the place of bytes that it can't read. */
export const replacementCharacter = '\uFFFD';

const byteOrderMarks = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
] as const;

/**
 * The encoding of a file. A byte order mark says it before anything else, as in the WHATWG's
 * Encoding Standard; what was given comes next. Else it is UTF-8 if the bytes are, UTF-16 if every
 * other byte is zero, and Windows-1252 if that makes Western European text of them.
 * @throws UnusableFileError
 */
export async function findEncoding(path: string, given?: string): Promise<string> {
  await assertRegularFile(path);
  const head = await readHead(path);
  const mark = byteOrderMarks.find(({ bytes }) => bytes.every((byte, at) => head[at] === byte));
  const certain = mark?.encoding ?? given ?? findUtf16(head);
  if (certain !== undefined) return certain;
  if (await isUtf8(path)) return 'utf-8';
  const { read, broken, firstBrokenLine } = await tryUtf8(path);
  if (read > broken) return 'utf-8';
  if (await isWesternEuropean(path)) return 'windows-1252';
  throw new UnusableFileError(
    `is neither UTF-8 nor UTF-16 nor Windows-1252 text (see line ${firstBrokenLine}); ` +
      'say with --encoding what it is',
  );
}

/**
 * The text of a file, part by part; what makes no sense in the encoding is a replacement character.
 * @throws UnusableFileError
 */
export const readText = (path: string, encoding: string): AsyncGenerator<string, void> =>
  decode(path, new TextDecoder(encoding));

async function* decode(path: string, decoder: TextDecoder): AsyncGenerator<string, void> {
  try {
    for await (const chunk of createReadStream(path)) {
      // Node 20 decodes Windows-1252 rightly only as a stream (nodejs/node#56542).
      yield decoder.decode(chunk as Buffer, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw unreadable(error);
  }
}

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536));
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(error);
  } finally {
    await file.close();
  }
}

/** In UTF-16, one byte in two is zero of a table's digits and delimiters. */
function findUtf16(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2]! += 1;
  const [even = 0, odd = 0] = zeros;
  if (even + odd < head.length / 10) return undefined;
  if (odd > 10 * even) return 'utf-16le';
  return even > 10 * odd ? 'utf-16be' : undefined;
}

const notUtf8 = z.object({ code: z.literal('ERR_ENCODING_INVALID_ENCODED_DATA') });

async function isUtf8(path: string): Promise<boolean> {
  try {
    for await (const part of decode(path, new TextDecoder('utf-8', { fatal: true }))) {
      if (part.includes('\0')) return false;
    }
    return true;
  } catch (error) {
    if (notUtf8.safeParse(error).success) return false;
    throw error;
  }
}

/** How much beyond ASCII makes sense as UTF-8, and how much doesn't. */
async function tryUtf8(path: string) {
  let line = 1;
  let firstBrokenLine: number | undefined;
  let read = 0;
  let broken = 0;
  for await (const part of readText(path, 'utf-8')) {
    const firstBroken = part.search(/[\0\uFFFD]/u);
    if (firstBroken >= 0) firstBrokenLine ??= line + count(part.slice(0, firstBroken), /\n/gu);
    line += count(part, /\n/gu);
    read += count(part, /[^\p{ASCII}\uFFFD]/gu);
    broken += count(part, /[\0\uFFFD]/gu);
  }
  return { read, broken, firstBrokenLine };
}

/**
 * Neither controls, nor words of accented letters alone, nor signs between letters: those are what
 * other alphabets look like.
 */
const notWesternEuropean = /[^\P{Cc}\s]|[À-ÖØ-öø-ÿ]{4}|\p{L}[¡-©¬-´¶¸¹¼-¿]+\p{L}/u;

async function isWesternEuropean(path: string): Promise<boolean> {
  for await (const part of readText(path, 'windows-1252')) {
    if (notWesternEuropean.test(part)) return false;
  }
  return true;
}

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

async function assertRegularFile(path: string): Promise<void> {
  const file = await stat(path).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (file.isFile()) return;
  throw new UnusableFileError(file.isDirectory() ? 'is a directory' : 'is not a regular file');
}

const systemError = z.object({ code: z.string(), syscall: z.string() });

function unreadable(error: unknown): unknown {
  const { code } = systemError.safeParse(error).data ?? {};
  if (code === undefined) return error;
  const reason = code === 'ENOENT' ? 'does not exist' : `can't be read (${code})`;
  return new UnusableFileError(reason, { cause: error });
}
