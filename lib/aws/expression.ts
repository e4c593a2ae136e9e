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

  /** Adds a path to the REMOVE clause; what is not there is passed over. */
  remove(path: string): this {
    this.#removals.push(path);
    return this;
  }

  require(condition: string): this {
    this.#conditions.push(condition);
    return this;
  }

  /** Requires a path to hold what it was read as; undefined where it was not there. */
  requireUnchanged(path: readonly [string, ...string[]], value: unknown): this {
    return this.require(
      value === undefined
        ? `attribute_not_exists(${this.path(path[0])})`
        : `${this.path(...path)} = ${this.value(value)}`,
    );
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
