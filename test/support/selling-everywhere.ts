/** With one front end a store sells at its home. In one that sells in all regions, each has something to lose. */
export const sellingEverywhere = { BAZAR_SALE_ROUTING: 'spread' };
