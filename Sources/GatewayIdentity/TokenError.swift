// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayJSON

/// Why the token endpoint refuses a request: RFC 6749, 5.2, with the fields of Databricks beside.
package struct TokenError: Error, Sendable, Equatable {
    package enum Code: String, Sendable, CaseIterable {
        case invalidRequest = "invalid_request"
        /// The client is unknown or its secret is wrong.
        case invalidClient = "invalid_client"
        /// The token that was to be exchanged is not accepted.
        case invalidGrant = "invalid_grant"
        case unsupportedGrantType = "unsupported_grant_type"
        case invalidScope = "invalid_scope"
        /// The gateway has failed, and not the client.
        case serverError = "server_error"

        /// The code that Databricks has for it.
        fileprivate var databricksCode: String {
            switch self {
            case .invalidClient: "UNAUTHENTICATED"
            case .serverError: "INTERNAL_ERROR"
            case .invalidRequest, .invalidGrant, .unsupportedGrantType, .invalidScope: "INVALID_PARAMETER_VALUE"
            }
        }
    }

    package var code: Code
    /// What was wrong and what to do, without anything secret.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// That a client is unknown, is not active or has another secret: which of these it is, nobody is told.
    package static let wrongClient = TokenError(.invalidClient, "The client id or the client secret is wrong.")

    package var status: Int {
        switch code {
        case .invalidClient: 401
        case .serverError: 500
        case .invalidRequest, .invalidGrant, .unsupportedGrantType, .invalidScope: 400
        }
    }

    /// The headers of the answer.
    package var headers: [(name: String, value: String)] {
        code == .invalidClient
            ? TokenResponse.headers + [("www-authenticate", #"Basic realm="gatehouse", charset="UTF-8""#)]
            : TokenResponse.headers
    }

    package var json: JSONValue {
        JSONValue { writer in
            writer.beginObject()
            writer.member("error", code.rawValue)
            writer.member("error_description", message)
            writer.member("error_code", code.databricksCode)
            writer.member("message", message)
            writer.endObject()
        }
    }
}
