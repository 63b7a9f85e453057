// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import GatewayJSON

extension GatewayError {
    /// A member of a request that is not what its API allows: its path, such as `messages[2].role`, and the rest of the sentence that starts with it.
    ///
    /// A path may hold keys of the client's, so a long one is cut.
    static func invalid(_ parameter: String, _ problem: String) -> GatewayError {
        let parameter = parameter.prefixOfUTF8(256)
        return GatewayError(.invalidRequest, "\(parameter) \(problem)", parameter: parameter)
    }

    /// A model that none of its destinations can serve through the API of the request.
    static func unsupportedAPI(of envelope: RequestEnvelope) -> GatewayError {
        GatewayError(
            .invalidRequest,
            "API type '\(envelope.apiType.name)' is not supported by '\(envelope.model.prefixOfUTF8(300))'."
        )
    }

    /// A body, or a member of one, that is not the JSON that was expected.
    static func invalidJSON(_ error: JSONError, parameter: String? = nil) -> GatewayError {
        switch error.reason {
        case .duplicateMember(let name):
            GatewayError(
                .invalidRequest,
                "The request body has more than one '\(name)'.",
                parameter: parameter ?? name
            )
        case .wrongType(let expected):
            GatewayError(.invalidRequest, "The request body must be \(expected).", parameter: parameter)
        default:
            GatewayError(.invalidRequest, "The request body is not valid JSON: \(error).", parameter: parameter)
        }
    }
}
