/** What comes in and goes out over HTTP; `docs/openapi.yaml` is made from these same schemas. */
import * as z from 'zod';
import type { Book, Description, NecessaryFields, OptionalFields } from '../rules/book.js';
import { toIsbn13 } from '../rules/isbn.js';
import { toLanguageTag } from '../rules/language.js';
import { bookIdsOf } from '../rules/order.js';
import { faultOfText, tidyLines, tidyText } from '../rules/text.js';
import { mostBytesOfTopicKey, topicKey } from '../rules/topic.js';

const longestId = 15;
export const largestBookId = 10 ** longestId - 1;

/**
 * The rule of `faultOfText` for readers of the document, in what the dialects of patterns have in
 * common. It lets everything through that the rule does, and beside that only what takes Unicode's
 * tables to tell: halves of characters, marks alone, and what is refused or doesn't show beyond U+FFFF.
 */
const refusedElsewhere = String.raw`\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffd-\uffff`;
const refusedInPattern = String.raw`\x00-\x1f${refusedElsewhere}`;
/** But for line breaks. */
const refusedInLines = String.raw`\x00-\x09\x0b\x0c\x0e-\x1f${refusedElsewhere}`;
const blankInPattern = String.raw`\s\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb`;
const patternOfText = (refused: string): string =>
  `^[^${refused}]*[^${blankInPattern}${refused}][^${refused}]*$`;

const oneLine = { pattern: patternOfText(refusedInPattern), tidy: tidyText };
const lines = { hasLines: true, pattern: patternOfText(refusedInLines), tidy: tidyLines };

/** Text as the store keeps it, of at most so many code points. */
const text = (
  mostCharacters: number,
  { pattern, tidy, ...form }: typeof oneLine | typeof lines = oneLine,
) =>
  z
    .string()
    .check(({ value, issues }) => {
      const fault = faultOfText(value, mostCharacters, form);
      if (fault !== undefined) issues.push({ code: 'custom', input: value, message: fault });
    })
    .overwrite(tidy)
    .meta({ minLength: 1, maxLength: mostCharacters, pattern });

/** Text that is kept in another form, which `convert` finds; it finds none of what is refused. */
const converted = (convert: (text: string) => string | undefined, refusal: string) =>
  z
    .string()
    .refine((given) => convert(given) !== undefined, refusal)
    .overwrite((given) => convert(given) ?? given);

const wholeNumber = (smallest: number, largest: number) =>
  z.number().int().min(smallest).max(largest);

/** A whole number as a text: of a path or a query. */
const digits = (smallest: number, largest: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/, 'must be a whole number')
    .transform(Number)
    .pipe(wholeNumber(smallest, largest))
    .meta({ type: 'integer', minimum: smallest, maximum: largest, pattern: undefined });

const isbn = converted(
  toIsbn13,
  'must be an ISBN-10 or an ISBN-13, whose last digit fits the others',
).meta({
  description: 'An ISBN-10 or an ISBN-13, with hyphens and blanks or without',
  format: 'isbn',
  examples: ['0-439-02348-3', '9780439023481'],
});
const language = converted(toLanguageTag, 'must be a language tag such as en or pt-BR').meta({
  description: 'A tag of BCP 47',
  format: 'language',
  examples: ['en', 'pt-BR'],
});
const year = wholeNumber(-3000, 2100).meta({ description: 'In which the book came out' });
const bookDescription = text(4_000, lines).meta({
  description: 'Plain text, whose line breaks are kept',
});

const amount = z.number().int().nonnegative().meta({ description: 'In minor units (cents)' });

export const bookSchema = z
  .object({
    id: wholeNumber(1, largestBookId),
    title: z.string(),
    authors: z.array(z.string()),
    topic: z.string(),
    price: amount,
    currency: z.string().meta({ description: 'ISO 4217' }),
    stock: z.number().int().meta({ description: 'Unsold copies, over all regions' }),
    isListed: z.boolean().meta({
      description: 'False of a book that is taken off sale: it is in no list, and nobody buys it',
    }),
    isbn: z.string().optional().meta({ description: 'An ISBN-13, in digits' }),
    year: z.number().int().optional().meta({ description: 'In which the book came out' }),
    language: z.string().optional().meta({ description: 'A canonical tag of BCP 47' }),
    description: z
      .string()
      .optional()
      .meta({ description: 'Plain text, perhaps of several lines' }),
  } satisfies Record<keyof Book, z.ZodType>)
  .meta({ id: 'Book' });

export const orderSchema = z
  .object({
    id: z.string(),
    items: z
      .array(
        z.object({
          bookId: wholeNumber(1, largestBookId),
          title: z.string(),
          quantity: wholeNumber(1, 100),
          unitPrice: amount,
          total: amount,
        }),
      )
      .meta({ description: 'Each of another book, in the order in which they were sent' }),
    total: amount,
    currency: z.string(),
    region: z.string().meta({ description: 'The region that sold' }),
    createdAt: z.iso.datetime(),
    status: z.enum(['placed', 'cancelled', 'disputed']),
  })
  .meta({ id: 'Order' });

export const problemSchema = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    /** The line in the log has it too, where the status is 500 or more. */
    requestId: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z.string(),
          in: z.enum(['path', 'query', 'header', 'body']),
          detail: z.string(),
        }),
      )
      .optional(),
    items: z
      .array(
        z.looseObject({
          bookId: z.number().int(),
          available: z
            .number()
            .int()
            .optional()
            .meta({ description: 'Copies left, over all regions' }),
          price: z.number().int().optional().meta({ description: 'What a copy costs now' }),
        }),
      )
      .optional()
      .meta({ description: 'Every item of an order that the problem concerns' }),
  })
  .meta({ id: 'Problem' });

export const bookPath = z.object({ id: digits(1, largestBookId) });
export const infoQuery = z.strictObject({ isbn: isbn.optional() });
export const orderPath = z.object({ id: z.string().min(1).max(200) });

const topic = text(100);
/** Topics are listed as they are matched, where some letters are spelled out as two or three. */
const topicSearched = text(300).refine(
  (searched) => Buffer.byteLength(topicKey(searched)) <= mostBytesOfTopicKey,
  'is longer than any topic',
);
/** Of a route that takes none. */
export const noQuery = z.strictObject({});
export const listQuery = z.strictObject({
  limit: digits(1, 100).optional(),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,2000}$/, 'is no cursor')
    .optional(),
});
export const defaultLimit = 20;

export const topicPath = z.object({ topic: topicSearched });
export const searchQuery = listQuery.extend({
  q: text(500)
    .meta({ description: 'Words of the title and the authors; the last may be a beginning' })
    .optional(),
  topic: topicSearched.optional(),
});
export const orderLogQuery = listQuery.extend({ bookId: digits(1, largestBookId).optional() });

/**
 * Whoever knows a key is shown its order, and may cancel it: so none that is guessed, or met by chance
 * (design Q10).
 */
export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{16,255}$/, 'must be 16 to 255 visible ASCII characters')
    .meta({ description: 'A secret of the client that no other request has, such as a new UUID' })
    .optional(),
});

const title = text(500);
/** A page of a hundred books by more authors could outgrow what Lambda answers: `limits.test.ts`. */
const authors = z.array(text(200)).min(1).max(20, 'must be at most 20 names');
const price = wholeNumber(0, 100_000_000);
/** What a book has, and what it may have besides. */
const necessary = { title, authors, topic, price } satisfies Record<
  keyof NecessaryFields,
  z.ZodType
>;
const optional = { isbn, year, language, description: bookDescription } satisfies Record<
  keyof OptionalFields,
  z.ZodType
>;

const purchase = { quantity: wholeNumber(1, 100).default(1), unitPrice: price.optional() };

export const purchaseBody = z.strictObject(purchase);

export const mostItemsOfOrder = 25;

export const orderBody = z
  .strictObject({
    items: z
      .array(z.strictObject({ bookId: wholeNumber(1, largestBookId), ...purchase }))
      .min(1)
      .max(mostItemsOfOrder)
      .meta({ description: 'Each of another book' }),
  })
  .check(({ value: { items }, issues }) => {
    issues.push(...repeated(bookIdsOf({ items }), 'items', 'bookId'));
  });

/** What is wrong with a list that names a book twice: each place where it does so again. */
function repeated(ids: readonly number[], list: string, field: string) {
  return [...ids.entries()].flatMap(([place, input]) => {
    const first = ids.indexOf(input);
    if (first === place) return [];
    const message = `is that of #/${list}/${first} too`;
    return [{ code: 'custom' as const, input, path: [list, place, field], message }];
  });
}

export const newBookBody = z.strictObject({
  id: wholeNumber(1, largestBookId),
  ...necessary,
  ...z.object(optional).partial().shape,
  stock: wholeNumber(0, 1_000_000).default(0),
});

/** A transaction of DynamoDB's writes to no more items. */
export const mostBooksOfImport = 100;

export const importBody = z
  .strictObject({ books: z.array(newBookBody).min(1).max(mostBooksOfImport) })
  .check(({ value: { books }, issues }) => {
    const ids = books.map(({ id }) => id);
    issues.push(...repeated(ids, 'books', 'id'));
  });

export const importResultsSchema = z.object({
  results: z
    .array(
      z.object({
        id: wholeNumber(1, largestBookId),
        outcome: z.enum(['created', 'changed', 'unchanged', 'busy', 'unknown']),
      }),
    )
    .meta({ description: 'One for each book that was sent, in the same order' }),
});

export const bookChangeBody = z
  .strictObject({
    ...necessary,
    isListed: z.boolean(),
    isbn: isbn.nullable(),
    year: year.nullable(),
    language: language.nullable(),
    description: bookDescription.nullable(),
  } satisfies Record<keyof Description, z.ZodType>)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'must name a field to change')
  .meta({ minProperties: 1, description: '`null` takes away what a book need not have' });

export const restockBody = z.strictObject({ quantity: wholeNumber(1, 1_000_000) });
export const writeOffBody = restockBody.extend({
  reason: text(500).optional().meta({ description: 'For those who run the store' }),
});

export const bookPageSchema = z.object({ books: z.array(bookSchema), next: z.string().optional() });
export const searchPageSchema = bookPageSchema.extend({
  q: z.string().optional(),
  topic: z.string().optional(),
});
export const topicsSchema = z.object({
  topics: z.array(z.string()),
  next: z.string().optional(),
});
export const orderPageSchema = z.object({
  orders: z.array(orderSchema),
  next: z.string().optional(),
});

export const replicasSchema = z.object({
  replicas: z.array(
    z.object({
      region: z.string(),
      site: z.string(),
      reachable: z.boolean(),
      title: z.string().optional(),
      topic: z.string().optional(),
      price: z.number().int().optional(),
      stock: z.number().int().optional(),
      rights: z.number().int().optional(),
      stocked: z.number().int().optional(),
      sold: z.number().int().optional(),
      writtenOff: z.number().int().optional(),
      moved: z
        .record(z.string(), z.number().int())
        .optional()
        .meta({ description: 'Copies ever given to each other site' }),
      seq: z.number().int().optional(),
    }),
  ),
});

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  cache: z.object({ reachable: z.boolean() }),
  regions: z.array(
    z.object({
      region: z.string(),
      reachable: z.boolean(),
      behindMs: z.record(z.string(), z.number().nullable()),
    }),
  ),
});

export const statusSchema = healthSchema.extend({
  region: z.string().meta({ description: 'Of the front end that answers' }),
  queues: z
    .array(
      z.object({
        region: z.string(),
        name: z.string(),
        isDeadLetter: z.boolean(),
        depth: z
          .object({
            waiting: z.number().int().meta({ description: 'Messages that nobody has taken' }),
            inHand: z.number().int().meta({ description: 'Messages that a consumer has' }),
          })
          .nullable()
          .meta({ description: 'Null where the queue can not be asked' }),
      }),
    )
    .meta({ description: "Those of every replica, and the front end's own" }),
  lab: z
    .url()
    .optional()
    .meta({ description: "Where the embedded store's lab answers; a deployed store has none" }),
});
