// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// Requests about one earlier answer: `GET` and `DELETE …/responses/{id}`, `GET …/responses/{id}/input_items`.
///
/// The gateway answers them from its store, without a usage row, or asks the provider that keeps the answer, which is a call like others.
extension Gateway {
    /// What is remembered of an answer of this caller.
    func storedResponse(_ id: String, of caller: Caller) async throws(GatewayError) -> StoredResponse {
        guard let stored = try await responses.response(StoredResponse.Key(owner: caller.identity, id: id)) else {
            throw GatewayError(.responseNotFound, "Response with id '\(id.prefixOfUTF8(128))' not found.")
        }
        return stored
    }

    /// Answers a request about what the gateway keeps.
    func answer(
        _ exchange: any HTTPExchange,
        with part: ResponsePart,
        of stored: StoredResponse,
        for admission: Admission
    ) async throws(GatewayError) {
        try exchange.hold(stored.bytes, for: admission.caller.account)
        let body = try await answer(admission.request, stored, part)
        exchange.send(
            status: 200,
            headers: ["content-type": "application/json", "x-request-id": admission.requestID],
            body: body
        )
    }

    /// The answer about what the gateway keeps.
    private func answer(
        _ request: HTTPRequest,
        _ stored: StoredResponse,
        _ part: ResponsePart
    ) async throws(GatewayError) -> ByteBuffer {
        if request.method == .DELETE {
            try await responses.delete(stored.key)
            return translator.deletion(of: stored.key.id)
        }
        switch stored.content {
        case .kept(let exchange):
            if part == .inputItems {
                return try await largeBodies.run(over: exchange.bytes) { () throws(GatewayError) in
                    try translator.inputItems(of: exchange, query: request.query)
                }
            }
            guard !request.query.split(separator: "&").contains("stream=true") else {
                throw GatewayError(
                    .invalidRequest,
                    "stream must not be true: the gateway stores complete responses, not their streams.",
                    parameter: "stream"
                )
            }
            return exchange.response
        case .tooLarge(let bytes):
            throw .tooLargeToStore(stored.key.id, bytes: bytes, responses.settings, parameter: "response_id")
        case .vendor:
            throw GatewayError(.internalFailure, "The gateway does not keep this response.")
        }
    }

    // MARK: What its provider keeps

    /// What the provider that keeps an answer is asked.
    func storedAttempt(
        _ call: borrowing Call,
        at destination: PreparedDestination,
        in format: WireFormat,
        about part: ResponsePart,
        of response: StoredResponse
    ) -> Attempt {
        let method = call.request.method
        return Attempt(
            destination: destination,
            format: format,
            request: destination.request(
                // The listener keeps the body from a client that asked for the head alone.
                method == .HEAD ? .GET : method,
                in: format,
                responsePath: response.key.id.percentEncoded + part.rawValue,
                query: call.request.query,
                clientHeaders: call.request.headers
            ),
            translation: storedTranslation(call, from: destination, isStreaming: false)
        )
    }

    /// What passes on what the provider says.
    func storedTranslation(
        _ call: borrowing Call,
        from destination: PreparedDestination,
        isStreaming: Bool
    ) -> Translation {
        let origin = call.service?.hasSeveralDestinations == true ? destination.origin : nil
        var translation = Translation(
            body: [],
            isStreaming: isStreaming,
            response: translator.makeStoredRelay(wrapping: origin, isStreaming: isStreaming)
        )
        // What a policy took out of an answer is not to be had by asking for it again.
        if !call.contentPolicies.isEmpty { translation.steps = translator.makeStoredSteps(isStreaming: isStreaming) }
        return translation
    }

    /// Forgets what the provider has deleted, or does not have any more.
    func note(
        _ head: UpstreamHead,
        of response: StoredResponse,
        in call: borrowing Call
    ) async throws(GatewayError) {
        guard call.request.method == .DELETE, head.isSuccess || head.status == 404 else { return }
        try await responses.delete(response.key)
    }
}

extension HTTPRequest {
    /// What follows the `?` of the target.
    fileprivate var query: Substring {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] } ?? ""
    }
}

extension String {
    /// The text as one segment of a path: everything but RFC 3986's unreserved characters becomes `%XX`.
    fileprivate var percentEncoded: String {
        var text = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
