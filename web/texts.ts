/** Every English text of the site, in one place: a translation is another file of this shape. */

export const shop = {
  name: 'Bazar',
};

export const control = {
  title: 'Control room',
};
