/** A condition, said with the names and values of the expression that requires it. */
export type Condition = (expression: Expression) => string;

type Path = readonly [string, ...string[]];

export const isThere =
  (...path: Path): Condition =>
  (expression) =>
    `attribute_exists(${expression.path(...path)})`;

export const isNotThere =
  (...path: Path): Condition =>
  (expression) =>
    `attribute_not_exists(${expression.path(...path)})`;

export const holds =
  (path: Path, value: unknown): Condition =>
  (expression) =>
    `${expression.path(...path)} = ${expression.value(value)}`;

export const compares =
  (attribute: string, comparator: '<' | '<=' | '>=', value: number): Condition =>
  (expression) =>
    `${expression.path(attribute)} ${comparator} ${expression.value(value)}`;

/** A path holds what it was read as; `value` is undefined where its attribute was not there. */
export const isUnchanged = (path: Path, value: unknown): Condition =>
  value === undefined ? isNotThere(path[0]) : holds(path, value);

export const either =
  (one: Condition, other: Condition): Condition =>
  (expression) =>
    `(${one(expression)} OR ${other(expression)})`;

export const all =
  (...conditions: readonly Condition[]): Condition =>
  (expression) =>
    conditions.map((condition) => condition(expression)).join(' AND ');

/** Collects the names and values of a DynamoDB expression, so that clauses can be composed. */
export class Expression {
  readonly #names = new Map<string, string>();
  readonly #values: Record<string, unknown> = {};
  readonly #assignments: string[] = [];
  readonly #removals: string[] = [];
  readonly #conditions: string[] = [];

  /** The placeholder of a path, one attribute name for each level. */
  path(...attributes: string[]): string {
    return attributes
      .map((attribute) => {
        const known = this.#names.get(attribute);
        if (known !== undefined) return known;
        const placeholder = `#n${this.#names.size}`;
        this.#names.set(attribute, placeholder);
        return placeholder;
      })
      .join('.');
  }

  value(value: unknown): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }

  /** Adds `path = expression` to the SET clause. */
  set(path: string, expression: string): this {
    this.#assignments.push(`${path} = ${expression}`);
    return this;
  }

  setValue(attribute: string, value: unknown): this {
    return this.set(this.path(attribute), this.value(value));
  }

  setValues(values: Readonly<Record<string, unknown>>): this {
    for (const [attribute, value] of Object.entries(values)) this.setValue(attribute, value);
    return this;
  }

  /** Adds a path to the REMOVE clause; what is not there is passed over. */
  remove(path: string): this {
    this.#removals.push(path);
    return this;
  }

  require(condition: Condition): this {
    this.#conditions.push(condition(this));
    return this;
  }

  /** What an UpdateItem, or the Update of a transaction, takes. */
  toUpdate() {
    const removal = this.#removals.length > 0 ? ` REMOVE ${this.#removals.join(', ')}` : '';
    return {
      ...this.toCondition(),
      UpdateExpression: `SET ${this.#assignments.join(', ')}${removal}`,
    };
  }

  /** What a PutItem or a DeleteItem takes. */
  toCondition() {
    return {
      ...(this.#conditions.length > 0 && { ConditionExpression: this.#conditions.join(' AND ') }),
      ...(this.#names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries(
          [...this.#names].map(([attribute, placeholder]) => [placeholder, attribute]),
        ),
      }),
      ...(Object.keys(this.#values).length > 0 && { ExpressionAttributeValues: this.#values }),
    };
  }
}
