/**
 * The part of DynamoDB's expression language that the store speaks: conditions of comparisons, BETWEEN and
 * `attribute_exists`, joined by AND and OR, and updates that SET, then REMOVE. Anything else is
 * refused.
 */
import { onceForEach } from '../../../lib/concurrency.js';
import { invalidRequest } from '../errors.js';
import { limits } from '../limits.js';
import { UnsupportedRequestError } from './unsupported.js';

/** Names as they are written, one for each level; `#name` stands for another. */
export type Path = readonly string[];

export type Operand =
  | { readonly kind: 'path'; readonly path: Path }
  | { readonly kind: 'value'; readonly placeholder: string };

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Condition =
  | {
      readonly kind: 'and' | 'or';
      readonly conditions: readonly Condition[];
    }
  | { readonly kind: 'exists'; readonly path: Path; readonly isWanted: boolean }
  | {
      readonly kind: 'compare';
      readonly comparator: Comparator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | {
      readonly kind: 'between';
      readonly operand: Operand;
      readonly low: Operand;
      readonly high: Operand;
    };

/** What a SET assigns. */
export type Assigned =
  | Operand
  | { readonly kind: 'if-not-exists'; readonly path: Path; readonly otherwise: Assigned }
  | {
      readonly kind: 'sum';
      readonly sign: 1 | -1;
      readonly left: Assigned;
      readonly right: Assigned;
    };

export interface Assignment {
  readonly path: Path;
  /** Undefined where what lies there is removed. */
  readonly assigned: Assigned | undefined;
}

export interface Parsed<Tree> {
  readonly tree: Tree;
  /** Every `#name` and `:value` in it. */
  readonly placeholders: ReadonlySet<string>;
}

// The store's expressions are of few shapes, so each text is parsed once.

/** @throws UnsupportedRequestError, ValidationException */
export const parseCondition = onceForEach((text: string): Parsed<Condition> => {
  const parser = new Parser(text);
  return parser.parsed(parser.condition());
});

/** @throws UnsupportedRequestError, ValidationException */
export const parseUpdate = onceForEach((text: string): Parsed<readonly Assignment[]> => {
  const parser = new Parser(text);
  return parser.parsed(parser.update());
});

const tokenPattern = /\s*([#:]?\w+|<=|>=|<>|[=<>+\-(),.])\s*/y;
const namePattern = /^#?\w+$/;
const comparators = ['=', '<>', '<', '<=', '>', '>='] as const;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly string[];
  readonly #placeholders = new Set<string>();
  #place = 0;

  constructor(text: string) {
    this.#text = text;
    if (Buffer.byteLength(text) > limits.expression) {
      throw invalidRequest('Expression size has exceeded the maximum allowed size');
    }
    const tokens: string[] = [];
    tokenPattern.lastIndex = 0;
    while (tokenPattern.lastIndex < text.length) {
      const token = tokenPattern.exec(text)?.[1];
      if (token === undefined) throw this.#unsupported();
      tokens.push(token);
    }
    this.#tokens = tokens;
  }

  parsed<Tree>(tree: Tree): Parsed<Tree> {
    if (this.#place < this.#tokens.length) throw this.#unsupported();
    return { tree, placeholders: this.#placeholders };
  }

  condition(): Condition {
    return this.#joined('or', () => this.#joined('and', () => this.#term()));
  }

  #joined(kind: 'and' | 'or', part: () => Condition): Condition {
    const conditions = [part()];
    while (this.#takesWord(kind)) conditions.push(part());
    return conditions.length === 1 ? (conditions[0] as Condition) : { kind, conditions };
  }

  #term(): Condition {
    if (this.#takes('(')) {
      const condition = this.condition();
      this.#expect(')');
      return condition;
    }
    for (const [name, isWanted] of [
      ['attribute_exists', true],
      ['attribute_not_exists', false],
    ] as const) {
      if (!this.#takes(name)) continue;
      this.#expect('(');
      const path = this.#path();
      this.#expect(')');
      return { kind: 'exists', path, isWanted };
    }
    const left = this.#operand();
    if (this.#takesWord('between')) {
      const low = this.#operand();
      if (!this.#takesWord('and')) throw this.#unsupported();
      return { kind: 'between', operand: left, low, high: this.#operand() };
    }
    const comparator = comparators.find((one) => this.#takes(one));
    if (comparator === undefined) throw this.#unsupported();
    return { kind: 'compare', comparator, left, right: this.#operand() };
  }

  update(): readonly Assignment[] {
    if (!this.#takesWord('set')) throw this.#unsupported();
    const assignments: Assignment[] = [];
    do {
      const path = this.#path();
      this.#expect('=');
      assignments.push({ path, assigned: this.#assigned() });
    } while (this.#takes(','));
    if (!this.#takesWord('remove')) return assignments;
    do assignments.push({ path: this.#path(), assigned: undefined });
    while (this.#takes(','));
    return assignments;
  }

  #assigned(): Assigned {
    const left = this.#assignedOperand();
    const sign = this.#takes('+') ? 1 : this.#takes('-') ? -1 : undefined;
    if (sign === undefined) return left;
    return { kind: 'sum', sign, left, right: this.#assignedOperand() };
  }

  #assignedOperand(): Assigned {
    if (!this.#takes('if_not_exists')) return this.#operand();
    this.#expect('(');
    const path = this.#path();
    this.#expect(',');
    const otherwise = this.#assignedOperand();
    this.#expect(')');
    return { kind: 'if-not-exists', path, otherwise };
  }

  #operand(): Operand {
    const token = this.#tokens[this.#place];
    if (!token?.startsWith(':')) return { kind: 'path', path: this.#path() };
    this.#place += 1;
    this.#placeholders.add(token);
    return { kind: 'value', placeholder: token };
  }

  #path(): Path {
    const path: string[] = [];
    do {
      const name = this.#tokens[this.#place];
      if (name === undefined || !namePattern.test(name) || /^\d/.test(name)) {
        throw this.#unsupported();
      }
      this.#place += 1;
      if (name.startsWith('#')) this.#placeholders.add(name);
      path.push(name);
    } while (this.#takes('.'));
    return path;
  }

  #takes(token: string): boolean {
    const isNext = this.#tokens[this.#place] === token;
    if (isNext) this.#place += 1;
    return isNext;
  }

  /** Keywords may be written in either case. */
  #takesWord(word: string): boolean {
    const isNext = this.#tokens[this.#place]?.toLowerCase() === word;
    if (isNext) this.#place += 1;
    return isNext;
  }

  #expect(token: string): void {
    if (!this.#takes(token)) throw this.#unsupported();
  }

  #unsupported(): Error {
    if (this.#text.trim() === '') return invalidRequest('The expression can not be empty;');
    return new UnsupportedRequestError(`the expression "${this.#text}"`);
  }
}
