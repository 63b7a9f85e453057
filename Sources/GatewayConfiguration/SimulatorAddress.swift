// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore

/// The address of the built-in simulator, and its key.
package struct SimulatorAddress: Sendable {
    /// An address of this machine; the simulator does not serve other machines.
    package var host: String
    package var port: Int
    /// 1 to 8192 printable ASCII characters without spaces.
    package var apiKey: String

    package init(host: String = "127.0.0.1", port: Int, apiKey: String) {
        self.host = host
        self.port = port
        self.apiKey = apiKey
    }

    /// The base URL to give to an SDK of that provider: with `/v1` for OpenAI, without for the others.
    package func baseURL(for provider: Provider) -> String {
        let path = provider.defaultBaseURL.flatMap { UpstreamAddress(baseURL: $0) }?.pathPrefix ?? ""
        let name = host.contains(":") ? "[\(host)]" : host
        return "http://\(name):\(port)\(path)"
    }
}
