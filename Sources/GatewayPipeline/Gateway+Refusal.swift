// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import Logging
import NIOHTTP1

/// What clients and operators are told of calls that fail.
extension Gateway {
    func refuse(
        _ error: GatewayError,
        _ exchange: any HTTPExchange,
        _ apiType: APIType,
        _ requestID: String,
        allow: String = "POST"
    ) {
        var headers: HTTPHeaders = ["content-type": "application/json", "x-request-id": requestID]
        if let retryAfter = error.retryAfter { headers.add(name: "retry-after", value: retryAfter) }
        if error.code == .unauthenticated { headers.add(name: "www-authenticate", value: "Bearer") }
        if error.code == .methodNotAllowed { headers.add(name: "allow", value: allow) }
        exchange.send(
            status: error.status,
            headers: headers,
            body: translator.errorBody(error, for: apiType, requestID: requestID)
        )
    }

    /// What failed and why; never the message, which may be an upstream's and quote the prompt.
    func log(_ error: GatewayError, _ cause: String, _ call: borrowing Call) {
        // A request that the upstream refused is its caller's affair.
        let level: Logger.Level = error.code == .upstreamRefused || error.code == .limitExceeded ? .debug : .warning
        logger.log(
            level: level,
            "A call failed",
            metadata: [
                "request_id": "\(call.requestID)", "error": "\(error.code)", "cause": "\(cause)",
                "destination": "\(call.destination?.label ?? "-")", "status": "\(error.status)",
            ]
        )
    }
}
