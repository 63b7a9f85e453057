// SPDX-License-Identifier: Apache-2.0
// Copyright the Gatehouse authors

extension AnthropicMessages {
    package var answerIDs: AnswerIDs? {
        AnswerIDs(marks: [#""message""#, #""content_block""#]) { data, isEvent in
            var walk = JSONWalk(data)
            guard walk.enterObject() else { return [] }
            var found: [AnswerIDs.Found] = []
            guard isEvent else {
                Self.readMessage(&walk, &found)
                return found
            }
            var place: Int?
            while let key = walk.nextKey() {
                if walk.isKey(key, "message"), walk.enterObject() {
                    Self.readMessage(&walk, &found)
                } else if walk.isKey(key, "content_block"), walk.enterObject() {
                    Self.readBlock(&walk, place: nil, &found)
                } else if walk.isKey(key, "index") {
                    place = walk.tokenCount()
                } else {
                    walk.value()
                }
            }
            for index in found.indices where found[index].kind == .call && found[index].place == nil {
                found[index].place = place
                found[index].begins = place == nil
            }
            return found
        }
    }

    private static func readMessage(_ walk: inout JSONWalk, _ found: inout [AnswerIDs.Found]) {
        while let key = walk.nextKey() {
            if walk.isKey(key, "id"), let id = walk.text() {
                found.append(AnswerIDs.Found(.answer, id.range))
            } else if walk.isKey(key, "content"), walk.enterArray() {
                var place = 0
                while walk.nextElement() {
                    if walk.enterObject() { readBlock(&walk, place: place, &found) } else { walk.value() }
                    place += 1
                }
            } else {
                walk.value()
            }
        }
    }

    private static func readBlock(_ walk: inout JSONWalk, place: Int?, _ found: inout [AnswerIDs.Found]) {
        while let key = walk.nextKey() {
            let isCall = walk.isKey(key, "id")
            if isCall || walk.isKey(key, "tool_use_id"), let id = walk.text() {
                var call = AnswerIDs.Found(isCall ? .call : .reference, id.range)
                call.place = place
                found.append(call)
            } else {
                walk.value()
            }
        }
    }
}
