// A page of 100 rows from Node.js and EJS, compiled once: what app/rows.flin renders, on one process or on several that share
// the port (`node view.js [PROCESSES]`).
const cluster = require("node:cluster");
const http = require("node:http");
const ejs = require("ejs");

const page = ejs.compile(`<!DOCTYPE html>
<html lang="en"><body><table>
<% for (const row of rows) { %><tr class="<%= row.id % 2 == 1 ? "odd" : "even" %>"><td><%= row.id %></td><td><%= row.name %></td><td><%= row.cents %></td></tr>
<% } %></table></body></html>
`);

function serve() {
    const server = http.createServer((request, response) => {
        const rows = [];
        for (let id = 1; id <= 100; id++) rows.push({ id, name: `Item ${id} & more`, cents: id * 3 });
        response.setHeader("content-type", "text/html; charset=utf-8");
        response.end(page({ rows }));
    });
    server.listen(cluster.isPrimary ? 0 : Number(process.env.PORT), "127.0.0.1", () => {
        if (cluster.isPrimary) console.log(`http://127.0.0.1:${server.address().port}`);
        else process.send("listening");
    });
}

const processes = Number(process.argv[2] ?? 1);
if (processes === 1 || !cluster.isPrimary) {
    serve();
} else {
    const probe = http.createServer().listen(0, "127.0.0.1", () => {
        const { port } = probe.address();
        probe.close(() => {
            let ready = 0;
            for (let n = 0; n < processes; n++) {
                cluster.fork({ PORT: port }).on("message", () => {
                    if (++ready === processes) console.log(`http://127.0.0.1:${port}`);
                });
            }
        });
    });
}
