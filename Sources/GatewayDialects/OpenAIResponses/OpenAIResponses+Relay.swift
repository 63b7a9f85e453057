// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

package import GatewayCore
import GatewayJSON
import NIOCore

extension OpenAIResponses {
    package func makeRelay(for relay: RelayContext) -> any ResponseTransform {
        guard relay.isStreaming else { return WholeRelay(usageMember: "usage", namesTier: true, Self.usage) }
        return StreamRelay(ResponsesObserver(), dialect: self, requestID: relay.requestID)
    }
}

/// Reads the events of a Responses stream in passing.
struct ResponsesObserver: StreamObserver {
    mutating func observe(_ event: ObservedEvent, _ observation: inout ResponseObservation) -> EventDisposition {
        // The type stands in the data as well, usually first; the event's name may be missing.
        var walk = JSONWalk(event.data)
        guard walk.enterObject() else { return .forward }
        var type = event.name
        var response: Range<Int>?
        while let key = walk.nextKey() {
            if walk.isKey(key, "type"), let text = walk.text() {
                type = UnsafeRawBufferPointer(rebasing: event.data[text.range])
            } else if walk.isKey(key, "delta"), let text = walk.text() {
                observation.contentBytes &+= walk.decodedCount(of: text)
            } else if walk.isKey(key, "response") {
                response = walk.value()
            } else {
                walk.value()
            }
        }
        let event = ObservedEvent(name: type, data: event.data)
        if event.isNamed("error") {
            // Either the members themselves or, from some servers, an object that holds them.
            note(JSONValue(copying: event.data, 0..<event.data.count), &observation)
        } else if let response, event.isNamed("response.failed") {
            observation.isComplete = true
            readResponse(response, of: event.data, isFailed: true, &observation)
        } else if let response, event.isNamed("response.completed") || event.isNamed("response.incomplete") {
            observation.isComplete = true
            observation.hasContent = true
            readResponse(response, of: event.data, isFailed: false, &observation)
        } else if !event.isNamed("response.created"), !event.isNamed("response.in_progress"),
            !event.isNamed("response.queued")
        {
            observation.hasContent = true
        }
        return .forward
    }

    private func note(_ error: JSONValue?, _ observation: inout ResponseObservation) {
        if observation.error == nil { observation.error = ErrorReader.streamError(error) }
    }

    /// Reads the answer that the event at the end of a stream carries.
    private func readResponse(
        _ range: Range<Int>,
        of data: UnsafeRawBufferPointer,
        isFailed: Bool,
        _ observation: inout ResponseObservation
    ) {
        var walk = JSONWalk(data, at: range.lowerBound)
        guard walk.enterObject() else { return }
        while let key = walk.nextKey() {
            if walk.isKey(key, "usage"), walk.peek() == UInt8(ascii: "{") {
                if let usage = JSONValue(copying: data, walk.value()) {
                    observation.usage.merge(OpenAIResponses.usage(usage))
                }
            } else if walk.isKey(key, "service_tier"), let text = walk.text() {
                observation.serviceTier = String(decoding: data[text.range], as: UTF8.self)
            } else if walk.isKey(key, "error"), isFailed || walk.peek() == UInt8(ascii: "{") {
                note(JSONValue(copying: data, walk.value()), &observation)
            } else {
                walk.value()
            }
        }
    }
}
