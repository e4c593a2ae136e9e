/** What the API answers: docs/openapi.yaml has the words to it. */

export interface Book {
  readonly id: number;
  readonly title: string;
  readonly authors: readonly string[];
  readonly topic: string;
  /** In minor units of the currency. */
  readonly price: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Copies for sale, over all regions. */
  readonly stock: number;
  readonly isListed: boolean;
  /** ISBN-13, digits only. */
  readonly isbn?: string;
  readonly year?: number;
  /** BCP 47. */
  readonly language?: string;
  readonly description?: string;
}

export interface BookPage {
  readonly books: readonly Book[];
  /** The cursor of the page that follows; a page may be short, or empty, and still have it. */
  readonly next?: string;
}

export interface TopicPage {
  readonly topics: readonly string[];
  readonly next?: string;
}

export interface OrderItem {
  readonly bookId: number;
  readonly title: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly total: number;
}

export interface Order {
  readonly id: string;
  readonly items: readonly OrderItem[];
  readonly total: number;
  readonly currency: string;
  /** That sold. */
  readonly region: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly status: 'placed' | 'cancelled' | 'disputed';
}

export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly regions: readonly { readonly region: string; readonly reachable: boolean }[];
}
