import CReadFaults
import CrashSupport
import Glibc
import StrataIO
import StrataModel
import StrataRefs
import SystemPackage

/// unreadable <place> <store> <errno> [opens]: asks the store, opened anew each time, each of some questions again and again, with another of the calls
/// that look at files failing. Says of each answer `<question> TAB <failed call> TAB <answer>`; the first answer to a question is the one with nothing
/// failing.
func readBesideFaults(_ arguments: [String]) throws -> Int32 {
    let place = CrashPlace(FilePath(arguments[0]))
    guard let store = CrashStore.named(arguments[1]), let error = Int32(arguments[2]) else {
        throw Errno.invalidArgument
    }
    let onlyOpens: Int32 = arguments.count > 3 ? 1 : 0
    for question in ReadQuestion.all {
        var (at, count) = (0, 1)
        while at <= count {
            let opened = try store.open(place)
            read_faults_arm(at, error, onlyOpens)
            let answer = question.answer(opened)
            let calls = read_faults_disarm()
            if at == 0 { count = calls }
            opened.close()
            say("\(question.name)\t\(unsafe String(cString: read_faults_failed()))\t\(answer)")
            at += 1
        }
    }
    return 0
}

private struct ReadQuestion: Sendable {
    let name: String
    let ask: @Sendable (OpenedCrashStore) throws -> String

    func answer(_ opened: OpenedCrashStore) -> String {
        do { return try ask(opened) } catch let error as RefError {
            let isTold = error.path != nil && error.cause != nil
            return "error \(error.code)\(isTold ? "" : " without file or cause: \(error)")"
        } catch {
            return "untyped error \(error)"
        }
    }

    static let all =
        ["refs/heads/main", "refs/heads/both", "refs/heads/packed/deep", "refs/heads/none", "refs/changes/1"].map {
            name in
            ReadQuestion(name: "read \(name)") { text(try $0.store.snapshot().read(try RefName(name))) }
        } + [
            ReadQuestion(name: "read several") { opened in
                let names = try ["refs/heads/main", "refs/heads/packed/deep"].map { try RefName($0) }
                return try opened.store.snapshot().read(names).map(text).joined(separator: " ")
            },
            ReadQuestion(name: "resolve HEAD") { opened in
                text(try opened.store.snapshot().objectID(of: .head).map { .object($0, peeled: nil) })
            },
            ReadQuestion(name: "list all") { try list($0, .all) },
            ReadQuestion(name: "list heads") { try list($0, RefScope(prefix: Array("refs/heads/".utf8))) },
            ReadQuestion(name: "hold") { opened in
                let names = try ["refs/heads/main", "refs/heads/packed/deep"].map { try RefName($0) }
                let held = try opened.store.hold(names, until: .now)
                defer { held.abort() }
                var values: [String] = []
                for name in names { values.append(text(try held.read(name))) }
                return values.joined(separator: " ")
            },
            ReadQuestion(name: "reflog") { try log($0, newestFirst: false) },
            ReadQuestion(name: "reflog backwards") { try log($0, newestFirst: true) },
            ReadQuestion(name: "reflog exists") {
                "\(try $0.store.reflogs?.exists(RefName("refs/heads/main")) ?? false)"
            },
            ReadQuestion(name: "reflog names") { "\(try $0.store.reflogs?.names().map(\.description) ?? [])" },
        ]

    private static func list(_ opened: OpenedCrashStore, _ scope: RefScope) throws -> String {
        var lines: [String] = []
        var cursor = try opened.store.snapshot().cursor(over: scope)
        while let view = try cursor.next() { lines.append("\(view.refName)=\(text(view.value))") }
        return lines.joined(separator: " ")
    }

    private static func log(_ opened: OpenedCrashStore, newestFirst: Bool) throws -> String {
        var lines: [String] = []
        try opened.store.reflogs?.read(RefName("refs/heads/main"), newestFirst: newestFirst) { entry throws(RefError) in
            lines.append("\(entry.old)-\(entry.new)")
            return true
        }
        return lines.joined(separator: " ")
    }

    private static func text(_ value: RefValue?) -> String {
        switch value {
        case nil: "absent"
        case .object(let id, _): id.hex
        case .symbolic(let target): String(decoding: target, as: UTF8.self)
        case .broken: "broken"
        }
    }
}
