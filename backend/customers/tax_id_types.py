"""The types of tax ids, and which of them have a known form (checked with python-stdnum); pure."""

from importlib import import_module
from typing import Any

TYPES = tuple("""
ad_nrt ae_trn al_tin am_tin ao_tin ar_cuit au_abn au_acn au_arn au_wpn aw_tin az_tin ba_tin bb_tin bd_bin bf_ifu
bg_uic bh_vat bj_ifu bo_tin br_cnpj br_cpf bs_tin bw_vat by_tin ca_bn ca_gst_hst ca_pst_bc ca_pst_mb ca_pst_sk
ca_qst cd_nif ch_uid ch_vat ci_vat cl_tin cm_niu cn_tin co_nit cr_tin cv_nif cz_dic de_stn do_rcn ec_ruc eg_tin
es_cif et_tin eu_oss_vat eu_vat fo_vat fr_siren fr_siret fr_spi gb_vat ge_vat gh_tin gi_tin gn_nif hk_br hr_oib
hu_tin ic_nif id_npwp il_vat in_gst is_kt is_vat it_cf jp_cn jp_rn jp_trn ke_pin kg_tin kh_tin kr_brn kz_bin la_tin
li_uid li_vat lk_vat ma_vat md_cf md_vat me_pib mk_vat mr_nif mu_vat mx_rfc my_frp my_itn my_sst mz_nuit ng_tin
no_vat no_voec np_pan nz_bn nz_gst om_vat pe_ruc ph_tin pl_nip pt_nif py_ruc ro_tin rs_pib ru_inn ru_kpp sa_vat
sg_gst sg_uen si_tin sm_coe sn_ninea sr_fin sv_nit th_vat tj_tin tr_tin tt_bir tt_vat tw_vat tz_vat ua_vat ug_tin
us_ein uy_ruc uz_tin uz_vat ve_rif vn_tin za_vat zm_tin zw_tin
""".split())
_FORMS = {
    "ar_cuit": "ar.cuit", "au_abn": "au.abn", "au_acn": "au.acn", "br_cnpj": "br.cnpj", "br_cpf": "br.cpf",
    "by_tin": "by.unp", "ca_bn": "ca.bn", "ch_uid": "ch.uid", "ch_vat": "ch.vat", "cl_tin": "cl.rut",
    "co_nit": "co.nit", "cr_tin": "cr.cpj", "de_stn": "de.stnr", "ec_ruc": "ec.ruc",
    "eg_tin": "eg.tn", "es_cif": "es.cif", "eu_vat": "eu.vat", "fr_siren": "fr.siren", "fr_siret": "fr.siret",
    "gb_vat": "gb.vat", "hr_oib": "hr.oib", "id_npwp": "id.npwp", "in_gst": "in_.gstin",
    "is_kt": "is_.kennitala", "is_vat": "is_.vsk", "it_cf": "it.codicefiscale", "jp_cn": "jp.cn", "ke_pin": "ke.pin",
    "kr_brn": "kr.brn", "mx_rfc": "mx.rfc", "no_vat": "no.mva", "pe_ruc": "pe.ruc", "pl_nip": "pl.nip",
    "pt_nif": "pt.nif", "py_ruc": "py.ruc", "ro_tin": "ro.cf", "rs_pib": "rs.pib", "ru_inn": "ru.inn",
    "sg_uen": "sg.uen", "si_tin": "si.ddv", "sm_coe": "sm.coe", "sv_nit": "sv.nit", "tr_tin": "tr.vkn",
    "tw_vat": "tw.ubn", "us_ein": "us.ein", "uy_ruc": "uy.rut", "ve_rif": "ve.rif", "vn_tin": "vn.mst",
}


class Malformed(ValueError):
    """The value cannot be a number of its type."""


def country(type: str, value: str) -> str | None:
    """Two letters of ISO 3166-1; of a European VAT number those that it begins with, and Greece's are GR."""
    if type in ("eu_vat", "eu_oss_vat"):
        letters = value[:2].upper()
        return {"EL": "GR", "EU": None}.get(letters, letters)
    return type[:2].upper()


def check(type: str, value: str) -> tuple[str, str]:
    """The value as its office writes it, and the state of its verification; raises Malformed.

    No tax office is asked, so a number that is right in itself is `unavailable`, one whose check digit is wrong
    `unverified`: official examples have such numbers, and a merchant who was told one by mistake should see it.
    """
    text = " ".join(value.split())
    if not 2 < len(text) <= 30 or not text.isascii() or not any(char.isdigit() for char in text):
        raise Malformed(text)
    form = _FORMS.get(type)
    if form is None:
        return text, "unavailable"
    module: Any = import_module(f"stdnum.{form}")
    errors: Any = import_module("stdnum.exceptions")
    try:
        module.validate(text)
    except (errors.InvalidChecksum, errors.InvalidComponent):
        return text, "unverified"
    except errors.ValidationError as error:
        raise Malformed(text) from error
    return text, "unavailable"
