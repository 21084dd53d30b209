/**
 * The validator that `scripts/build/validator.ts` generates from the schema by ajv, as `validator.js` beside the compiled
 * modules of this folder. Nothing of ajv is needed when it runs.
 */
export declare const validate: {
  (data: unknown): boolean
  errors?: readonly { readonly instancePath: string }[] | null
}
