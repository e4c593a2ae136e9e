// Gives each function the role of its own that resources/roles.cjs makes for it.

import { logicalId } from '../resources/sites.cjs';

export default class RolesPlugin {
  constructor({ service }) {
    this.hooks = { initialize: () => this.giveRoles(service) };
  }

  giveRoles(service) {
    for (const name of service.getAllFunctions()) {
      service.getFunction(name).role = { 'Fn::Sub': `\${${logicalId(name)}Role.Arn}` };
    }
  }
}
