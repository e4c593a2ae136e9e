import { invalidRequest } from '../errors.js';
import type { Parsed, Path } from './expressions.js';
import { isAttributes, toStoredAttributes, type Attributes, type Value } from './values.js';

export interface ExpressionInputs {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>> | undefined;
}

/** What a request's placeholders stand for. */
export class Bindings {
  readonly #names: Readonly<Record<string, string>>;
  readonly #values: Attributes;

  /**
   * @param expressions those of the request.
   * @throws ValidationException where a placeholder is not defined, or one that is defined not used.
   */
  constructor(input: ExpressionInputs, expressions: readonly (Parsed<unknown> | undefined)[]) {
    const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
    this.#names = names ?? {};
    this.#values = toStoredAttributes(values ?? {});
    for (const [field, given] of Object.entries({
      ExpressionAttributeNames: names && this.#names,
      ExpressionAttributeValues: values && this.#values,
    })) {
      if (given === undefined) continue;
      const placeholders = Object.keys(given);
      if (placeholders.length === 0) throw invalidRequest(`${field} must not be empty`);
      for (const placeholder of placeholders) {
        if (!expressions.some((expression) => expression?.placeholders.has(placeholder))) {
          throw invalidRequest(
            `Value provided in ${field} unused in expressions: keys: {${placeholder}}`,
          );
        }
      }
    }
    for (const expression of expressions) {
      for (const placeholder of expression?.placeholders ?? []) {
        const given = placeholder.startsWith('#') ? this.#names : this.#values;
        if (Object.hasOwn(given, placeholder)) continue;
        throw invalidRequest(
          `Invalid expression: An expression attribute used in expression is not defined: ${placeholder}`,
        );
      }
    }
  }

  value(placeholder: string): Value {
    return this.#values[placeholder] as Value;
  }

  /** The attribute names that a path stands for. */
  attributes(path: Path): readonly string[] {
    return path.map((name) => (name.startsWith('#') ? (this.#names[name] as string) : name));
  }

  /** What lies at a path; undefined where nothing does. */
  valueAt(path: Path, item: Attributes | undefined): Value | undefined {
    let value: Value | undefined = item;
    for (const name of path) {
      if (!isAttributes(value)) return undefined;
      const attribute = name.startsWith('#') ? (this.#names[name] as string) : name;
      value = Object.hasOwn(value, attribute) ? value[attribute] : undefined;
    }
    return value;
  }
}
