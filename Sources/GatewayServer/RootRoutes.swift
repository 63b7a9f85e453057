// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /`: says what answers here, to people in a browser and to those with curl.
///
/// It is the same for everybody, and so says nothing that only callers may know.
struct RootRoutes {
    func add(to router: Router<WebContext>) {
        router.get("/") { request, context in
            Self.page(
                forHTML: Self.prefersHTML(request.headers[.accept]),
                address: context.request.publicAddress ?? "http://127.0.0.1:8080",
                basePath: context.request.basePath
            )
        }
    }

    /// Whether a client asks for HTML, as browsers do and curl does not.
    private static func prefersHTML(_ accept: String?) -> Bool {
        accept?.lowercased().contains("text/html") ?? false
    }

    private static func page(forHTML: Bool, address: String, basePath: String) -> Response {
        var headers: HTTPFields = [.vary: "accept", .cacheControl: "no-store"]
        headers[.contentType] = forHTML ? "text/html; charset=utf-8" : "text/plain; charset=utf-8"
        if let name = HTTPField.Name("x-content-type-options") { headers[name] = "nosniff" }
        if let name = HTTPField.Name("content-security-policy") {
            headers[name] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
        }
        let text = forHTML ? html(address, basePath) : plain(address)
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static let apis = [
        ("OpenAI SDKs (chat completions, Responses, embeddings)", "/openai/v1"),
        ("Anthropic SDKs, Claude Code", "/anthropic"),
        ("Gemini SDKs", "/gemini"),
        ("Databricks and MLflow clients", "/mlflow/v1"),
    ]

    private static func request(_ address: String) -> String {
        """
        curl \(address)/openai/v1/models -H "Authorization: Bearer $TOKEN"
        """
    }

    private static func plain(_ address: String) -> String {
        let list = apis.map { "  \(address)\($0.1)  \($0.0)" }.joined(separator: "\n")
        return """
            This is Gatehouse, an AI gateway. It answers API clients that send a token.

            Base URLs:
            \(list)

            Which models may I call?
              \(request(address))

            The first start of the gateway printed the administrator's token; `gatehouse token create --user NAME` makes more.
            /health and /ready tell whether it serves.

            """
    }

    private static func html(_ address: String, _ basePath: String) -> String {
        let list = apis.map { "<dt>\($0.0)</dt><dd><code>\(address)\($0.1)</code></dd>" }.joined(separator: "\n")
        return """
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Gatehouse</title>
            <style>
            :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
            body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
            dd { margin: 0 0 .75rem }
            code, pre { font-family: ui-monospace, monospace }
            pre { overflow-x: auto; padding: .75rem; border: 1px solid; border-radius: .4rem }
            </style>
            <h1>Gatehouse</h1>
            <p>This is an AI gateway. It answers API clients that send a token.</p>
            <h2>Base URLs</h2>
            <dl>
            \(list)
            </dl>
            <h2>Which models may I call?</h2>
            <pre>\(request(address).replacing("&", with: "&amp;"))</pre>
            <p>The first start of the gateway printed the administrator's token; <code>gatehouse token create --user NAME</code> makes more.
            <a href="\(basePath)/health">/health</a> and <a href="\(basePath)/ready">/ready</a> tell whether it serves.</p>
            </html>

            """
    }
}
