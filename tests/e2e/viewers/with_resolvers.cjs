// chrome-devtools-mcp says that it runs on Node 20, but its heap tools use what came with Node 22.
Promise.withResolvers ??= function withResolvers() {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};
