/** What the API answers: the types of its own schemas, and nothing of the store but these. */
import type * as z from 'zod';
import type * as schemas from '../../lib/http/schemas.js';

export type Book = Readonly<z.infer<typeof schemas.bookSchema>>;
export type Order = Readonly<z.infer<typeof schemas.orderSchema>>;
/** `next` is the cursor of the page that follows; a page may be short, or empty, and still have it. */
export type BookPage = Readonly<z.infer<typeof schemas.bookPageSchema>>;
export type TopicPage = Readonly<z.infer<typeof schemas.topicsSchema>>;
export type Health = Readonly<z.infer<typeof schemas.healthSchema>>;
