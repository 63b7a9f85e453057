// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

import GatewayCore

/// A change to a request whose target cannot do what was asked as it was asked, and its undoing in the answer.
///
/// Works on the hub's values, so that it is written once for all dialects.
protocol Adaptation: Sendable {
    /// What a request must contain for this to have anything to do.
    static var concerns: RequestContents { get }

    /// Changes the request if it is needed; asked only where the request holds something of ``concerns``.
    ///
    /// - Returns: What undoes the change; nil if nothing was changed or the answer need not change back.
    /// - Throws: ``GatewayError/Code/invalidRequest`` if there is no way to do what was asked.
    static func adapt(
        _ request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) -> (any Adaptation)?

    /// Undoes the change in one event of an answer: appends what takes its place, often the event itself.
    ///
    /// The events are those of a stream, or those that a complete answer unfolds to.
    mutating func undo(_ event: ModelEvent, into events: inout [ModelEvent])
}

/// The adaptations of one call.
struct Adaptations: Sendable {
    /// Every kind, in the order in which requests are changed; answers are changed back in the opposite order.
    ///
    /// Namespaces go first, so that the others see the names that the target gets; hosted tools are left out when those that can be emulated are functions;
    /// the tool for structured output is added to what the target gets. Stop sequences concern the text as the target wrote it, and hidden thoughts are no text.
    private static let all: [any Adaptation.Type] = [
        NamespaceFlattening.self, ClientRunToolEmulation.self, CustomToolEmulation.self, HostedToolRemoval.self,
        ToolNameSpelling.self, StructuredOutputEmulation.self, StopSequenceEmulation.self, CacheControlRemoval.self,
        ThoughtHiding.self,
    ]

    private var active: [any Adaptation] = []
    private var spare: [ModelEvent] = []

    /// None.
    init() {}

    init(
        of request: inout ModelRequest,
        to target: TranslationTarget,
        _ features: UpstreamFeatures,
        dropped: inout DroppedMembers
    ) throws(GatewayError) {
        let contents = request.contents
        guard !contents.isEmpty else { return }
        for type in Self.all where !contents.isDisjoint(with: type.concerns) {
            if let adaptation = try type.adapt(&request, to: target, features, dropped: &dropped) {
                active.append(adaptation)
            }
        }
    }

    /// Undoes all changes in a complete answer.
    mutating func undo(in response: inout ModelResponse) {
        guard !active.isEmpty else { return }
        var events = response.events
        undo(in: &events)
        response.fold(events)
    }

    mutating func undo(in events: inout [ModelEvent]) {
        for index in active.indices.reversed() {
            spare.removeAll(keepingCapacity: true)
            for event in events { active[index].undo(event, into: &spare) }
            swap(&events, &spare)
        }
    }
}
