import CoreMetrics
import Logging
import Synchronization

/// A factory that keeps what its metrics are told, by label and dimensions.
final class RecordingFactory: MetricsFactory {
    private let counts = Mutex<[String: Int64]>([:])
    private let times = Mutex<[String: [Int64]]>([:])

    /// What a counter has come to: `reads store=x`, without the common prefix.
    func count(_ key: String) -> Int64 { counts.withLock { $0[key] ?? 0 } }
    /// How many times a timer was told.
    func timeCount(_ key: String) -> Int { times.withLock { $0[key]?.count ?? 0 } }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> String {
        let words = dimensions.map { "\($0.0)=\($0.1)" }
        return ([String(label.dropFirst("strata.refs.".count))] + words).joined(separator: " ")
    }

    private final class Count: CounterHandler {
        let add: @Sendable (Int64) -> Void
        init(_ add: @escaping @Sendable (Int64) -> Void) { self.add = add }
        func increment(by amount: Int64) { add(amount) }
        func reset() {}
    }

    private final class Time: TimerHandler {
        let add: @Sendable (Int64) -> Void
        init(_ add: @escaping @Sendable (Int64) -> Void) { self.add = add }
        func recordNanoseconds(_ duration: Int64) { add(duration) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let key = Self.key(label, dimensions)
        return Count { [self] amount in counts.withLock { $0[key, default: 0] += amount } }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let key = Self.key(label, dimensions)
        return Time { [self] time in times.withLock { $0[key, default: []].append(time) } }
    }

    func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { NOOPMetricsHandler.instance }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { NOOPMetricsHandler.instance }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        NOOPMetricsHandler.instance
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// The lines that a logger was given.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    /// Level, message, and metadata by name.
    var all: [String] { lines.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) {
            let told = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            lines.lines.withLock { $0.append((["\(event.level): \(event.message)"] + told).joined(separator: " ")) }
        }
    }
}
