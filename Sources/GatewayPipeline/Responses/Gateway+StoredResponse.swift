// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore
import NIOCore
import NIOHTTP1

/// Requests about one earlier answer: `GET` and `DELETE …/responses/{id}`, `GET …/responses/{id}/input_items`.
extension Gateway {
    /// Answers from the store, without a usage row, or asks the provider that keeps the answer, which is a call like others.
    func respond(
        to exchange: any HTTPExchange,
        about responseID: String,
        _ part: ResponsePart,
        _ route: InferenceRoute,
        _ id: (text: String, random: UInt64),
        _ upstream: any UpstreamClient
    ) async {
        let request = exchange.request
        let methods: [HTTPMethod] = part == .whole ? [.GET, .HEAD, .DELETE] : [.GET, .HEAD]
        do throws(GatewayError) {
            guard methods.contains(request.method) else {
                throw GatewayError(.methodNotAllowed, "This route does not accept \(request.method.rawValue).")
            }
            let snapshot = snapshots.value
            let eventTime = Call.wallClock()
            let caller = try authenticator.caller(request.headers, in: snapshot, now: eventTime)
            let key = StoredResponse.Key(owner: caller.identity, id: responseID)
            guard let stored = try await responses.response(key) else {
                throw GatewayError(.responseNotFound, "Response with id '\(responseID.prefixOfUTF8(128))' not found.")
            }
            if case .vendor = stored.content {
                var call = try call(request, route.apiType, id, snapshot, caller, eventTime)
                await relay(&call, stored, part, exchange, upstream)
                return await leaveRow(of: call)
            }
            try exchange.hold(stored.bytes, for: caller.account)
            let body = try await answer(request, stored, part)
            exchange.send(
                status: 200,
                headers: ["content-type": "application/json", "x-request-id": id.text],
                body: body
            )
        } catch {
            let allow = methods.filter { $0 != .HEAD }.map(\.rawValue).joined(separator: ", ")
            refuse(error, exchange, route.apiType, id.text, allow: allow)
        }
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

    /// Asks the provider that keeps the answer.
    private func relay(
        _ call: inout Call,
        _ stored: StoredResponse,
        _ part: ResponsePart,
        _ exchange: any HTTPExchange,
        _ upstream: any UpstreamClient
    ) async {
        do throws(GatewayError) {
            call.requestedModel = stored.service
            call.heldResponseID = stored.key.id
            let service = try call.snapshot.service(named: stored.service)
            call.service = service
            try call.snapshot.grants.checkExecute(service.service, by: call.caller)
            guard let holder = service.holder(of: stored, for: call.apiType) else {
                throw GatewayError(
                    .responseNotFound,
                    "The response '\(stored.key.id)' is stored by the provider '\(stored.provider)', which '\(stored.service)' no longer calls."
                )
            }
            try await ask(holder, &call, stored, part, exchange, upstream)
        } catch {
            call.status = error.status
            if !call.hasStarted, error.code != .clientClosed {
                refuse(call.explain(error), exchange, call.apiType, call.requestID)
            }
            if let cause = error.cause { log(error, cause, call) }
        }
    }

    private func ask(
        _ holder: PreparedDestination,
        _ call: inout Call,
        _ stored: StoredResponse,
        _ part: ResponsePart,
        _ exchange: any HTTPExchange,
        _ upstream: any UpstreamClient
    ) async throws(GatewayError) {
        let destination = holder.destination
        let start = NIODeadline.now()
        call.destination = destination
        var status: Int?
        do throws(GatewayError) {
            // The listener keeps the body from a client that asked for the head alone.
            let request = holder.request(
                call.request.method == .HEAD ? .GET : call.request.method,
                responsePath: stored.key.id.percentEncoded + part.rawValue,
                query: call.request.query,
                clientHeaders: call.request.headers
            )
            let answer = try await send(request, to: destination, upstream)
            status = answer.head.status
            let isGone = answer.head.status == 404
            if call.request.method == .DELETE, isGone || (200..<300).contains(answer.head.status) {
                try await responses.delete(stored.key)
            }
            guard (200..<300).contains(answer.head.status) else {
                throw try await failure(answer, .openAIResponses, destination)
            }
            let isStreaming =
                answer.head.headers.first(name: "content-type")?.hasPrefix("text/event-stream") ?? false
            let origin = call.service?.hasSeveralDestinations == true ? holder.origin : nil
            let translation = Translation(
                body: [],
                isStreaming: isStreaming,
                response: translator.makeStoredRelay(wrapping: origin, isStreaming: isStreaming)
            )
            var relay = AnswerRelay(head: answer.head, translation: translation, call: call, largeBodies: largeBodies)
            defer { call = relay.call }
            try await relay.run(from: answer, to: exchange)
        } catch {
            var error = error
            error.redact(destination.service.credentialRedaction)
            call.noteAttempt(
                destination,
                "ROUTE",
                since: start,
                status: error.status,
                error: error,
                vendorRequestID: nil
            )
            throw error
        }
        call.noteAttempt(
            destination,
            "ROUTE",
            since: start,
            status: status ?? call.status,
            error: nil,
            vendorRequestID: nil
        )
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
