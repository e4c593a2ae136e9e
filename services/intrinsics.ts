import { accountId } from './account.js';
import { CommandError } from '../tools/terminal/command-error.js';
import type { Service } from './service-config.js';

export interface Resolver {
  /** A value of the template with its intrinsic functions carried out. */
  readonly resolve: (value: unknown) => unknown;
  /** The same, where a text must come out. */
  readonly text: (value: unknown) => string;
  /** The table whose stream an expression such as `!GetAtt CatalogTable.StreamArn` names. */
  readonly streamTable: (value: unknown) => string;
}

/** Carries out the intrinsic functions of CloudFormation that tables, topics and queues need. */
export function createResolver({ service, provider, resources }: Service): Resolver {
  const { region, stage } = provider;
  const pseudoParameters: Record<string, string> = {
    'AWS::AccountId': accountId,
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::StackName': `${service}-${stage}`,
    'AWS::URLSuffix': 'amazonaws.com',
  };

  function resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(resolve);
    if (typeof value !== 'object' || value === null) return value;
    const entries: [string, unknown][] = Object.entries(value);
    const [only] = entries;
    if (only !== undefined && entries.length === 1 && isFunction(only[0])) {
      return callFunction(...only);
    }
    return Object.fromEntries(entries.map(([key, entry]) => [key, resolve(entry)]));
  }

  function callFunction(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return reference(String(argument));
      case 'Fn::GetAtt':
        return attribute(...pathOf(argument));
      case 'Fn::Sub':
        return substitute(argument);
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown[]];
        return parts.map(text).join(separator);
      }
      default:
        throw new CommandError(`the embedded store cannot carry out ${name}`);
    }
  }

  function reference(id: string): string {
    const parameter = pseudoParameters[id];
    if (parameter !== undefined) return parameter;
    const resource = find(id);
    switch (resource.Type) {
      case 'AWS::DynamoDB::Table':
        return text(resource.Properties['TableName']);
      case 'AWS::SNS::Topic':
        return attribute(id, 'Arn');
      default:
        throw new CommandError(`the embedded store cannot refer to ${id}, a ${resource.Type}`);
    }
  }

  function attribute(id: string, name: string): string {
    const { Type: type, Properties: properties } = find(id);
    const arn = (kind: string, nameProperty: string): string =>
      `arn:aws:${kind}:${region}:${accountId}:${text(properties[nameProperty])}`;
    switch (`${type} ${name}`) {
      case 'AWS::DynamoDB::Table Arn':
        return `arn:aws:dynamodb:${region}:${accountId}:table/${text(properties['TableName'])}`;
      case 'AWS::SNS::Topic Arn':
      case 'AWS::SNS::Topic TopicArn':
        return arn('sns', 'TopicName');
      case 'AWS::SNS::Topic TopicName':
        return text(properties['TopicName']);
      case 'AWS::SQS::Queue Arn':
        return arn('sqs', 'QueueName');
      case 'AWS::SQS::Queue QueueName':
        return text(properties['QueueName']);
      default:
        throw new CommandError(`the embedded store does not know ${id}.${name} of a ${type}`);
    }
  }

  function substitute(argument: unknown): string {
    const [template, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [
      string,
      Record<string, unknown>,
    ];
    return template.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return text(variables[name]);
      const [id = '', ...path] = name.split('.');
      return path.length === 0 ? reference(id) : attribute(id, path.join('.'));
    });
  }

  function find(id: string) {
    const resource = resources.Resources[id];
    if (!resource) throw new CommandError(`${service} has no resource called ${id}`);
    return resource;
  }

  function text(value: unknown): string {
    const resolved = resolve(value);
    if (typeof resolved === 'string') return resolved;
    if (typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
    throw new CommandError(`${service}: a text was expected in place of ${JSON.stringify(value)}`);
  }

  function streamTable(value: unknown): string {
    const [id, name] = pathOf((value as Record<string, unknown> | undefined)?.['Fn::GetAtt']);
    if (name !== 'StreamArn') {
      throw new CommandError(`${service}: ${JSON.stringify(value)} is not the stream of a table`);
    }
    return reference(id);
  }

  return { resolve, text, streamTable };
}

const isFunction = (name: string): boolean => name === 'Ref' || name.startsWith('Fn::');

/** Both forms of GetAtt: `[id, name]` and `id.name`. */
function pathOf(argument: unknown): [id: string, name: string] {
  const [id, ...name] = Array.isArray(argument)
    ? argument.map(String)
    : String(argument).split('.');
  return [id ?? '', name.join('.')];
}

/** The properties of a service's resources of a type, with their intrinsic functions carried out. */
export function propertiesOf(service: Service, type: string): unknown[] {
  const { resolve } = createResolver(service);
  return Object.values(service.resources.Resources)
    .filter((resource) => resource.Type === type)
    .map(({ Properties: properties }) => resolve(properties));
}
