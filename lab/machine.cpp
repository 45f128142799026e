#include "lab/machine.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "lab/machine_shell.hpp"
#include "lab/pci_firmware.hpp"
#include "lab/shell/command.hpp"
#include "stack/admin/sysctl.hpp"

namespace niclab::lab {
namespace {

constexpr unsigned kGuestAgents = 0xE000;

sim::PcieConfig bus_config(const Pcie& p) {
  sim::PcieConfig c;
  c.gen = p.gen;
  c.lanes = p.lanes;
  c.mps = p.mps;
  c.mrrs = p.mrrs;
  c.rcb = p.rcb;
  c.completion = p.completion;
  c.ack_every = p.ack_every;
  c.tags = p.tags;
  c.iova_bits = p.iova_bits;
  c.propagation = p.propagation;
  c.root_complex_latency = p.root_complex_latency;
  c.memory_latency = p.memory_latency;
  c.device_latency = p.device_latency;
  c.iommu_hit = p.iommu_hit;
  c.iommu_miss = p.iommu_miss;
  c.iotlb_entries = p.iotlb_entries;
  return c;
}

sim::HostConfig host_config(const Scenario& scenario, const Host& h, unsigned first_agent) {
  sim::HostConfig c;
  c.name = h.name;
  c.cpus = h.cpus;
  c.profile = h.kernel;
  c.seed = scenario.run.seed;
  c.first_agent = first_agent;
  c.memory_bytes = std::size_t{1} << 30;  // address space; only touched pages cost anything
  return c;
}

/// The scope of a NIC: "<host>" and in it "<if>".
WaveScope wave_scope(WaveSink& sink, const Host& h, const Nic& n) {
  return sink.scope(sink.scope({}, h.name), n.if_name);
}

sim::Fidelity fidelity(const Scenario& s, const char* unit) {
  const std::string& name = s.fidelity.at(unit);
  if (name == "rtl") return sim::Fidelity::rtl;
  return name == "lockstep" ? sim::Fidelity::lockstep : sim::Fidelity::model;
}

std::vector<sim::I350FunctionConfig> function_configs(const Scenario& s, const Host& h, sim::RtlWorld& rtl,
                                                      WaveSink* waves) {
  std::vector<sim::I350FunctionConfig> v;
  for (const Nic& n : h.nics) {
    sim::I350FunctionConfig c;
    c.mac = n.mac;
    c.name = h.name + "." + n.if_name;
    c.fidelity = {.tx_ring = fidelity(s, "tx_ring"),
                  .rx_ring = fidelity(s, "rx_ring"),
                  .tx_checksum = fidelity(s, "tx_checksum"),
                  .intr_throttle = fidelity(s, "intr_throttle")};
    c.rtl = &rtl;
    c.quirks = n.quirks;
    c.negotiation = n.negotiation;
    c.clock_ppb = h.card.clock_ppb;
    c.waves = waves;
    if (waves != nullptr) c.wave_scope = wave_scope(*waves, h, n);
    v.push_back(c);
  }
  return v;
}

sim::InterruptOffer interrupt_offer(InterruptKind kind) {
  switch (kind) {
    case InterruptKind::msi: return sim::InterruptOffer::msi;
    case InterruptKind::intx: return sim::InterruptOffer::intx;
    case InterruptKind::msix: break;
  }
  return sim::InterruptOffer::msix;
}

std::string module_name(const Host& h, const char* part) {
  std::string s = h.name + "_" + part;
  std::replace_if(
      s.begin(), s.end(), [](char c) { return c == '.' || c == ' '; }, '_');
  return s;
}

}  // namespace

Machine::Machine(World& world, const Scenario& scenario, std::size_t host, unsigned first_port,
                 unsigned first_cpu_agent)
    : world_(world),
      scenario_(scenario),
      index_(host),
      config_(scenario.hosts[host]),
      first_port_(first_port),
      pcie_(bus_config(scenario.pcie)),
      host_(module_name(config_, "host").c_str(), world.engine, world.scheduler, world.trace, scenario.cost,
            host_config(scenario, config_, first_cpu_agent), pcie_, first_port),
      root_complex_(module_name(config_, "root_complex").c_str(), world.engine, world.scheduler, world.trace,
                    pcie_, config_.external ? nullptr : &host_.iommu(), first_port,
                    static_cast<unsigned>(host)),
      device_(module_name(config_, "i350").c_str(), world.engine, world.scheduler, world.trace, world.frames,
              pcie_, function_configs(scenario, config_, world.rtl, world.waves), first_port, config_.card),
      observer_(static_cast<unsigned>(host), world.trace, world.instruments),
      stack_(host_.kernel()) {
  if (config_.external) {
    guest_ =
        std::make_unique<sim::Guest>(module_name(config_, "guest").c_str(), world.engine, world.scheduler,
                                     world.trace, first_port, kGuestAgents + 4 * first_port);
    guest_->to_bus.bind(root_complex_.from_host);
    root_complex_.to_host.bind(guest_->from_bus);
  } else {
    host_.to_bus.bind(root_complex_.from_host);
    root_complex_.to_host.bind(host_.from_bus);
  }
  device_.pcie_out.bind(root_complex_.from_device);
  root_complex_.to_device.bind(device_.pcie_in);
  stack_.observer = &observer_;
  if (world.trace.journeys() != nullptr) host_.kernel().set_journeys(world.trace.journeys());
  host_.kernel().set_irq_latency_sink(
      [this](Duration d) { world_.instruments.irq_assert_to_handler.add(d); });
  root_complex_.set_nics(nics());
  PciFirmware firmware;
  for (unsigned f = 0; f < device_.pci_functions(); ++f) {
    const auto offer = f < nics() ? interrupt_offer(config_.nics[f].interrupts) : sim::InterruptOffer::msix;
    functions_.push_back(
        std::make_unique<sim::HostPci>(host_, f, PciAddress{1, 0, static_cast<std::uint8_t>(f)}, offer));
    bars_.push_back(firmware.assign(device_.config_space(f)));
    for (unsigned bar = 0; bar < bars_[f].size(); ++bar) functions_[f]->set_bar(bar, bars_[f][bar]);
  }
  meters_.resize(nics());
  if (measured()) stack_.measure();
  for (unsigned f = 0; f < nics(); ++f) {
    if (measured()) device_.function(f).measure();
    device_.function(f).attach_stamps(functions_[f]->rx_stamps(), functions_[f]->tx_stamps());
    if (JourneyObserver* journeys = world.trace.journeys()) {
      functions_[f]->rx_stamps().follow(*journeys);
      functions_[f]->tx_stamps().follow(*journeys);
    }
  }
  host_.recovery().set_card_reset([this](Time t) { device_.fundamental_reset(t); });
  show_waves();
}

void Machine::show_waves() {
  WaveSink* const sink = world_.waves;
  if (sink == nullptr) return;
  for (unsigned f = 0; f < nics(); ++f)
    world_.instruments.show_waves(first_port_ + f, *sink, wave_scope(*sink, config_, config_.nics[f]));
  for (unsigned c = 0; c < config_.cpus; ++c)
    host_.kernel().cpu(c).show_waves(*sink,
                                     sink->scope(sink->scope({}, config_.name), "cpu" + std::to_string(c)));
}

void Machine::power_on(std::function<Time()> start_line, std::function<void()> app_ready) {
  start_line_ = std::move(start_line);
  app_ready_ = std::move(app_ready);
  host_.kernel().start(Time{});
  host_.kernel().spawn("init", 0, [this] { boot(); });
}

/// `[host.sysctl]`, whose names and values have been looked at.
void Machine::set_sysctls() {
  for (auto& entry : stack::admin::sysctls(stack_))
    for (const auto& [name, value] : config_.sysctl)
      if (entry.name == name) entry.write(value);
}

void Machine::boot() {
  sim::HostKernel& kernel = host_.kernel();
  set_sysctls();
  for (unsigned f = 0; f < nics() && !config_.external; ++f) {
    const Nic& nic = config_.nics[f];
    igb::IgbConfig c;
    c.queues = nic.queues;
    c.rx_ring = nic.rx_ring;
    c.tx_ring = nic.tx_ring;
    c.rx_usecs = nic.rx_usecs;
    c.flow_control = nic.flow_control;
    c.speed = nic.speed;
    c.rx_thresholds = nic.rx_thresholds;
    c.tx_thresholds = nic.tx_thresholds;
    c.bugs = world_.bugs;
    igb::ProbeResult probed = igb::igb_probe(*functions_[f], stack_, nic.if_name, c);
    if (probed.error != 0) {
      failure_ = config_.name + "." + nic.if_name + ": probe failed: " + std::strerror(-probed.error) +
                 (probed.reason.empty() ? "" : ": " + probed.reason);
      break;
    }
    adapters_.push_back(std::move(probed.adapter));
    stack::NetDevice& dev = *adapters_.back();
    if (measured()) {
      adapters_.back()->measure_tx_rings(meters_[f].tx_ring);
      dev.qdisc_meter = &meters_[f].qdisc;
    }
    stack_.add_address(dev, nic.ipv4);
    if (nic.mtu != dev.mtu) stack_.dev_set_mtu(dev, nic.mtu);
    if (const int error = stack_.dev_open(dev); error != 0) {
      failure_ = config_.name + "." + nic.if_name + ": open failed: " + std::strerror(-error);
      break;
    }
    if (nic.gateway) stack_.set_gateway(dev, *nic.gateway);
  }
  if (failure_.empty())
    for (const auto& a : adapters_)
      while (!a->carrier) kernel.sleep_until(kernel.now() + 1_ms);
  start_apps();
  start_commands();
  booted_ = true;
  app_ready_();
}

void Machine::start_apps() {
  for (const App& app : scenario_.apps)
    if (app.host == index_)
      apps_.push_back(std::make_unique<Application>(
          app,
          random_stream(scenario_.run.seed, RandomUser::app,
                        static_cast<std::size_t>(&app - scenario_.apps.data())),
          host_.kernel(), stack_, start_line_,
          [this] {
            ++apps_ready_;
            app_ready_();
          },
          world_.instruments.request_round_trip, is_ptp(app.kind) ? make_ptp(app) : nullptr));
}

/// The time of a NIC's PTP clock, exactly, for an observer.
std::uint64_t Machine::ptp_time(std::size_t nic, Time t) const {
  return adapters_[nic]->ptp_clock()->time_of(device_.function(static_cast<unsigned>(nic)).system_time(t).ns);
}

std::unique_ptr<PtpNode> Machine::make_ptp(const App& app) {
  const std::size_t nic = app.nic;
  if (app.kind == AppKind::ptp_master) world_.ptp_master = [this, nic](Time t) { return ptp_time(nic, t); };
  const auto ahead = [this, nic](Time t) -> std::int64_t {
    if (!world_.ptp_master) return 0;
    return static_cast<std::int64_t>(ptp_time(nic, t) - world_.ptp_master(t));
  };
  return std::make_unique<PtpNode>(app, config_.nics[nic].if_name, host_.kernel(), stack_, ahead);
}

void Machine::start_commands() {
  for (const At& at : scenario_.at) {
    if (at.host != index_) continue;
    ++commands_left_;
    host_.kernel().spawn("sh", 0, [this, &at] {
      sim::HostKernel& kernel = host_.kernel();
      while (start_line_() == Time::never()) kernel.sleep_until(kernel.now() + 1_ms);
      kernel.sleep_until(start_line_() + at.time);
      run_command(at);
      --commands_left_;
    });
  }
}

/// Runs in a task of its own; what the command prints goes to the kernel log.
void Machine::run_command(const At& at) {
  MachineShell shell(*this);
  sim::HostKernel& kernel = host_.kernel();
  kernel.log("sh: " + at.command);
  const shell::Outcome outcome = shell::run(shell::parse(at.command), shell, true);
  std::istringstream lines(outcome.text);
  for (std::string line; std::getline(lines, line);) kernel.log(line);
}

bool Machine::idle() const {
  if (commands_left_ != 0 || faults_left_ != 0 || host_.recovery().busy()) return false;
  for (const auto& a : apps_)
    if (a->finite() && a->state() == AppState::ready) return false;
  for (const auto& s : stack_.sockets())
    if (s->rx_queue() != 0 || s->tx_queue() != 0) return false;
  for (unsigned f = 0; f < nics(); ++f)
    if (!device_.function(f).idle()) return false;
  return true;
}

std::string Machine::failure() const {
  if (!failure_.empty()) return failure_;
  for (const auto& a : apps_)
    if (a->state() == AppState::failed) return config_.name + ": " + a->error();
  return {};
}

}  // namespace niclab::lab
