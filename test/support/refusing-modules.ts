/** The environment of a Node that fails when it loads a module whose URL matches. */
export function refusingModules(pattern: string): Readonly<Record<string, string>> {
  const hook = `
    import { registerHooks } from "node:module";
    registerHooks({
      load(url, context, next) {
        if (new RegExp(${JSON.stringify(pattern)}).test(url)) throw new Error("loaded " + url);
        return next(url, context);
      },
    });`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hook)}` };
}
